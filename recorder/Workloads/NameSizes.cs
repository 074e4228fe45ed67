using System.Collections.Immutable;
using System.Globalization;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Workloads;

/// <summary>What the names of one thing take of our memory, about, and may take. Kubernetes has none that come near these limits.</summary>
internal static class NameSizes
{
    /// <summary>Bytes, for one pod with its labels and containers.</summary>
    public const int LargestPod = 256 << 10;

    /// <summary>Characters of one name. Kubernetes' longest has 253, a label's value 63.</summary>
    public const int LongestName = 1024;

    /// <summary>Addresses of one pod, service or node. Kubernetes has two, a node a few.</summary>
    public const int MostAddresses = 64;

    private const int ForPart = 128; // a label, a container, an address: the object, its place in a tree or an array
    private const int ForObject = 1024; // what it is known by here and in the views of the names

    /// <exception cref="TooMuchException">It takes too much.</exception>
    public static int Of(SeenPod pod) => Require(
        ForObject + Of([pod.Uid, pod.Namespace, pod.Name, pod.Node, pod.Owner]) + Of(pod.Addresses)
        + (pod.Labels ?? PodInfo.NoLabels).Sum(l => Of([l.Key, l.Value])) + pod.Containers.Sum(c => Of([c.Id, c.Name, c.Image])));

    /// <summary>Of a pod that was taken.</summary>
    public static int Of(PodInfo pod) => ForObject + Of([pod.Uid, pod.Name, pod.Namespace, pod.Node, pod.Owner]) + pod.Labels.Sum(l => Of([l.Key, l.Value])) + pod.Claims.Length * ForPart;

    /// <inheritdoc cref="Of(SeenPod)"/>
    public static int Of(SeenService service) => Require(ForObject + Of([service.Uid, service.Namespace, service.Name]) + Of(service.Addresses));

    /// <inheritdoc cref="Of(SeenPod)"/>
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

    private static int Of(ImmutableArray<Address> addresses) =>
        addresses.Length <= MostAddresses ? addresses.Length * ForPart : throw new TooMuchException($"an object with more than {MostAddresses} addresses");

    private static int Require(int size) => size <= LargestPod ? size : throw new TooMuchException($"an object with more than {LargestPod >> 10} KiB of names and labels");
}

/// <summary>A source tells more than is taken of it.</summary>
/// <param name="what">What it tells, in a few words.</param>
internal sealed class TooMuchException(FormattableString what) : Exception(what.ToString(CultureInfo.InvariantCulture));
