using System.Net;
using TcpTracer.Formats.Values;

namespace TcpTracer.Replay.Calls;

/// <summary>Puts public addresses into blocks: one service on the internet has many addresses.</summary>
internal static class OutsideBlock
{
    private const int V4Prefix = 24, V6Prefix = 48;

    /// <summary>What is not public: private, shared, loopback, link-local, multicast (RFC 6890).</summary>
    private static readonly IPNetwork[] s_notPublic =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3",
            "::/127", "fc00::/7", "fe80::/10", "ff00::/8",
        }.Select(IPNetwork.Parse),
    ];

    /// <summary>The block of a public address, such as <c>203.0.113.0/24</c>; null: the address is not public.</summary>
    public static string? OfPublic(Address address)
    {
        var ip = new IPAddress(address.WireBytes);
        if (s_notPublic.Any(n => n.Contains(ip)))
            return null;
        int prefix = address.Version == 4 ? V4Prefix : V6Prefix;
        byte[] bytes = ip.GetAddressBytes();
        bytes.AsSpan(prefix / 8).Clear();
        return $"{new IPAddress(bytes)}/{prefix}";
    }
}
