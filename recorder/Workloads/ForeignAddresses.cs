using System.Collections.Immutable;
using System.Net;
using TcpTracer.Formats.Values;

namespace TcpTracer.Recorder.Workloads;

/// <summary>Addresses as the API server and the container runtime write them.</summary>
internal static class ForeignAddresses
{
    /// <summary>Each address once. A text that is no address is left out.</summary>
    public static ImmutableArray<Address> Parse(IEnumerable<string?> texts) => [.. texts.Select(Parse).OfType<Address>().Distinct()];

    private static Address? Parse(string? text) => IPAddress.TryParse(text, out IPAddress? ip) ? new Address(ip.GetAddressBytes()) : null;
}
