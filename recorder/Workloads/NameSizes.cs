using System.Collections.Immutable;
using System.Globalization;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Workloads;

/// <summary>
/// About how many bytes of memory the names of one thing take, and how many they may take. Those of Kubernetes are far below
/// these limits.
/// </summary>
internal static class NameSizes
{
    /// <summary>The most bytes for one pod with its labels and containers.</summary>
    public const int LargestPod = 256 << 10;

    /// <summary>The most characters of one name. In Kubernetes a name has at most 253, and the value of a label 63.</summary>
    public const int LongestName = 1024;

    /// <summary>The most addresses of one pod, service or node. In Kubernetes a pod has two, and a node a few.</summary>
    public const int MostAddresses = 64;

    private const int ForPart = 128; // for a label, a container or an address: the object, and its place in a tree or an array
    private const int ForObject = 1024; // for a pod, service or node: its entries here and in the views

    /// <summary>The bytes that it takes.</summary>
    /// <exception cref="TooMuchException">It takes too much.</exception>
    public static int Of(ReportedPod pod) => Require(
        ForObject + Of([pod.Uid, pod.Namespace, pod.Name, pod.Node, pod.Owner]) + Of(pod.Addresses)
        + (pod.Labels ?? PodInfo.NoLabels).Sum(l => Of([l.Key, l.Value])) + pod.Containers.Sum(c => Of([c.Id, c.Name, c.Image])));

    /// <summary>The bytes of a pod that was accepted before.</summary>
    public static int Of(PodInfo pod) =>
        ForObject + Of([pod.Uid, pod.Name, pod.Namespace, pod.Node, pod.Owner])
        + pod.Labels.Sum(l => Of([l.Key, l.Value])) + pod.Claims.Length * ForPart;

    /// <inheritdoc cref="Of(ReportedPod)"/>
    public static int Of(SeenService service) =>
        Require(ForObject + Of([service.Uid, service.Namespace, service.Name]) + Of(service.Addresses)
            + Of(service.External));

    /// <inheritdoc cref="Of(ReportedPod)"/>
    public static int Of(SeenNode node) => Require(ForObject + Of([node.Name, node.BootId]) + Of(node.Addresses));

    private static int Of(ReadOnlySpan<string> texts)
    {
        int size = ForPart;
        foreach (string text in texts)
        {
            if (text.Length > LongestName)
                throw new TooMuchException($"a name of more than {LongestName} characters");
            size += text.Length * sizeof(char);
        }
        return size;
    }

    private static int Of(ImmutableArray<Address> addresses) => addresses.Length <= MostAddresses
        ? addresses.Length * ForPart
        : throw new TooMuchException($"an object with more than {MostAddresses} addresses");

    private static int Require(int size) => size <= LargestPod
        ? size
        : throw new TooMuchException($"an object with more than {LargestPod >> 10} KiB of names and labels");
}

/// <summary>Somebody sends more than we accept.</summary>
/// <param name="what">What it sends, in a few words.</param>
internal sealed class TooMuchException(FormattableString what) : Exception(what.ToString(CultureInfo.InvariantCulture));
