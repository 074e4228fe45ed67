namespace TcpTracer.Tests.Harness;

/// <summary>The kind of connection that a scenario makes, and its addresses.</summary>
internal sealed record SceneKind(string Name, string Program, bool OnOneHost, string ClientAddress, string ServerAddress,
    string NobodysAddress, int Version)
{
    private const string Nobody4 = "192.0.2.1", Nobody6 = "2001:db8::1";

    public static readonly SceneKind V4 = new("v4", "v4", false, TwoHosts.LeftV4, TwoHosts.RightV4, Nobody4, 4);
    public static readonly SceneKind V6 = new("v6", "v6", false, TwoHosts.LeftV6, TwoHosts.RightV6, Nobody6, 6);
    public static readonly SceneKind Mapped = V4 with { Name = "mapped", Program = "mapped" };
    public static readonly SceneKind Mptcp4 = V4 with { Name = "mptcp4", Program = "mptcp4" };
    public static readonly SceneKind Mptcp6 = V6 with { Name = "mptcp6", Program = "mptcp6" };

    /// <summary>A plain client of an MPTCP listener. Since Go 1.24 every server in Go is one.</summary>
    public static readonly SceneKind MptcpListener = V4 with { Name = "mptcp-listener", Program = "mptcp-listener" };

    /// <summary>
    /// An MPTCP client of a plain server, like every program that mptcpize starts. It falls back to TCP, but its socket stays an MPTCP one.
    /// </summary>
    public static readonly SceneKind MptcpClient = V4 with { Name = "mptcp-client", Program = "mptcp-client" };

    /// <summary>Over loopback. There a softirq does what the peer does elsewhere.</summary>
    public static readonly SceneKind Loopback4 = V4 with
    {
        Name = "loopback4",
        OnOneHost = true,
        ClientAddress = "127.0.0.1",
        ServerAddress = "127.0.0.1"
    };
    public static readonly SceneKind Loopback6 = V6 with
    {
        Name = "loopback6",
        OnOneHost = true,
        ClientAddress = "::1",
        ServerAddress = "::1"
    };

    public static readonly SceneKind[] Plain = [V4, V6, Mapped, Loopback4, Loopback6];
    public static readonly SceneKind[] Mptcp = [Mptcp4, Mptcp6];
    public static readonly SceneKind[] All = [.. Plain, MptcpListener, MptcpClient, .. Mptcp];

    public bool IsMptcp => Name is "mptcp4" or "mptcp6" or "mptcp-client";
}
