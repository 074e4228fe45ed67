using System.Net;
using System.Text;

namespace TcpTracer.Formats.Values;

/// <summary>
/// An IP address. Its text is made when it is first asked for, and kept. A dual-stack socket sees an IPv4 peer as a v4-mapped IPv6 address;
/// its text is the IPv4 address that is on the wire, and <see cref="Bytes"/> keeps what the socket had.
/// </summary>
public sealed class Address : IEquatable<Address>
{
    private const int V4Length = 4, V6Length = 16, MappedPrefix = 12;
    private static readonly byte[] s_mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
    private readonly int _hash;
    private byte[]? _text;

    /// <summary>Makes an address; the bytes are copied.</summary>
    /// <param name="bytes">4 or 16 bytes in network order.</param>
    /// <exception cref="ArgumentException">There are more or fewer bytes.</exception>
    public Address(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is not (V4Length or V6Length))
            throw new ArgumentException("an address has 4 or 16 bytes", nameof(bytes));
        Bytes = bytes.ToArray();
        _hash = HashOf(bytes);
        IsMapped = bytes.Length == V6Length && bytes[..MappedPrefix].SequenceEqual(s_mapped);
        OnWire = IsMapped ? new Address(bytes[MappedPrefix..]) : this;
    }

    /// <summary>The address as the socket had it, in network order: 4 bytes for AF_INET, 16 for AF_INET6. Nobody may change them.</summary>
    public byte[] Bytes { get; }

    /// <summary>Whether this is an IPv4 address in an IPv6 socket.</summary>
    public bool IsMapped { get; }

    /// <summary>The version of IP on the wire: 4 or 6.</summary>
    public int Version => Bytes.Length == V4Length || IsMapped ? 4 : 6;

    /// <summary>The address on the wire: a mapped address as IPv4, any other as it is.</summary>
    public Address OnWire { get; }

    /// <summary>
    /// The usual text of the address, in ASCII. It is made when it is first asked for: most addresses of a trace are never printed.
    /// </summary>
    public byte[] Text => _text ??= Encoding.ASCII.GetBytes(new IPAddress(WireBytes).ToString());

    /// <summary>The bytes of the address on the wire, in network order: 4 or 16.</summary>
    public ReadOnlySpan<byte> WireBytes => IsMapped ? Bytes.AsSpan(MappedPrefix) : Bytes;

    /// <inheritdoc/>
    public override string ToString() => Encoding.ASCII.GetString(Text);

    /// <inheritdoc/>
    public bool Equals(Address? other) =>
        ReferenceEquals(this, other) || other is not null && _hash == other._hash && Bytes.AsSpan().SequenceEqual(other.Bytes);

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
