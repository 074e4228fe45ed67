using System.Net;
using System.Text;

namespace TcpTracer.Formats.Values;

/// <summary>
/// An IP address, with its text made once, when it is asked for. A v4-mapped IPv6 address (a dual-stack server's view of an IPv4 client) is
/// written as the IPv4 address that is on the wire; <see cref="Bytes"/> keeps what the socket had.
/// </summary>
public sealed class Address : IEquatable<Address>
{
    private const int V4Length = 4, V6Length = 16, MappedPrefix = 12;
    private static readonly byte[] s_mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
    private readonly int _hash;
    private byte[]? _text;

    /// <summary>From four or sixteen bytes in network order.</summary>
    public Address(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is not (V4Length or V6Length))
            throw new ArgumentException("an address has 4 or 16 bytes", nameof(bytes));
        Bytes = bytes.ToArray();
        _hash = HashOf(bytes);
        IsMapped = bytes.Length == V6Length && bytes[..MappedPrefix].SequenceEqual(s_mapped);
        OnWire = IsMapped ? new Address(bytes[MappedPrefix..]) : this;
    }

    /// <summary>As the socket had it: 4 bytes for AF_INET, 16 for AF_INET6.</summary>
    public byte[] Bytes { get; }

    /// <summary>An IPv4 address in an IPv6 socket.</summary>
    public bool IsMapped { get; }

    /// <summary>4 or 6: the protocol on the wire.</summary>
    public int Version => Bytes.Length == V4Length || IsMapped ? 4 : 6;

    /// <summary>The same, but a mapped one as IPv4.</summary>
    public Address OnWire { get; }

    /// <summary>As people write it: made when it is asked for, for most addresses that a trace knows are never shown.</summary>
    public byte[] Text => _text ??= Encoding.ASCII.GetBytes(new IPAddress(WireBytes).ToString());

    /// <summary>The address on the wire: 4 or 16 bytes.</summary>
    public ReadOnlySpan<byte> WireBytes => IsMapped ? Bytes.AsSpan(MappedPrefix) : Bytes;

    /// <inheritdoc/>
    public override string ToString() => Encoding.ASCII.GetString(Text);

    /// <inheritdoc/>
    public bool Equals(Address? other) => ReferenceEquals(this, other) || other is not null && _hash == other._hash && Bytes.AsSpan().SequenceEqual(other.Bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Address);

    /// <inheritdoc/>
    public override int GetHashCode() => _hash;

    private static int HashOf(ReadOnlySpan<byte> bytes)
    {
        var hash = new HashCode();
        hash.AddBytes(bytes);
        return hash.ToHashCode();
    }
}
