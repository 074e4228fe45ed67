using System.Net;
using System.Security.Cryptography;
using TcpTracer.Formats.Values;

namespace TcpTracer.Replay.Redactions;

/// <summary>
/// Replaces addresses, and keeps their structure: two that share their first n bits still share them, and no more. This is Crypto-PAn (Xu,
/// Fan, Ammar, Moon: Prefix-Preserving IP Address Anonymization, 2002) with AES, for IPv4 and IPv6. Bit n is turned, or not, by a bit
/// that the key makes of the n bits before it. Where that would turn the first bits of a range that has to stay recognisable, it is not
/// turned.
/// </summary>
internal sealed class AddressScrambler : IDisposable
{
    private const int KeyBytes = 16, BlockBytes = 16, MostKept = 1 << 18;
    private readonly Aes _aes = Aes.Create();
    private readonly byte[] _pad = new byte[BlockBytes];
    private readonly AddressRange[] _fixed4, _fixed6;
    private readonly (AddressRange Range, byte[] Chosen)[] _swapped4, _swapped6;
    private readonly Dictionary<Address, Address> _known = [];

    /// <summary>Addresses that stay as they are: they are the same on every machine.</summary>
    private static readonly AddressRange[] s_plain4 = [new("127.0.0.0", 8)];

    /// <summary>Ranges that stay what they are; what lies in them is replaced within.</summary>
    private static readonly AddressRange[] s_kinds6 = [new("2000::", 3), new("fe80::", 64)];

    private static readonly AddressRange[] s_private4 =
        [new("10.0.0.0", 8), new("172.16.0.0", 12), new("192.168.0.0", 16), new("100.64.0.0", 10)];
    private static readonly AddressRange[] s_private6 = [new("fc00::", 7)];
    private static readonly AddressRange[] s_swapped4 = [new("0.0.0.0", 32), new("169.254.0.0", 16)];
    private static readonly AddressRange[] s_swapped6 = [new("::", 128), new("::1", 128), new("::ffff:0:0", 96)];

    /// <param name="secret">32 bytes: a key for AES, and what Crypto-PAn calls the pad.</param>
    /// <param name="keepsPrivate">Whether private ranges stay recognisable.</param>
    public AddressScrambler(ReadOnlySpan<byte> secret, bool keepsPrivate)
    {
        _aes.Key = secret[..KeyBytes].ToArray();
        _aes.EncryptEcb(secret.Slice(KeyBytes, BlockBytes), _pad, PaddingMode.None);
        (_fixed4, _fixed6) = (FixedOf(isV4: true, keepsPrivate), FixedOf(isV4: false, keepsPrivate));
        (_swapped4, _swapped6) = ([.. s_swapped4.Select(WithChosen)], [.. s_swapped6.Select(WithChosen)]);
    }

    /// <summary>A range, and the one that the key has chosen for it.</summary>
    private (AddressRange Range, byte[] Chosen) WithChosen(AddressRange range)
    {
        byte[] chosen = [.. range.Prefix];
        Turn(chosen, chosen.Length == sizeof(uint) ? _fixed4 : _fixed6);
        return (range, chosen);
    }

    /// <summary>The ranges whose first bits are not turned.</summary>
    private static AddressRange[] FixedOf(bool isV4, bool keepsPrivate) =>
        isV4 ? [.. s_plain4, .. keepsPrivate ? s_private4 : []] : [.. s_kinds6, .. keepsPrivate ? s_private6 : []];

    /// <summary>A range of addresses.</summary>
    internal sealed record AddressRange(byte[] Prefix, int Bits)
    {
        public AddressRange(string prefix, int bits)
            : this(IPAddress.Parse(prefix).GetAddressBytes(), bits)
        {
        }

        /// <summary>Whether an address lies in it.</summary>
        public bool Contains(ReadOnlySpan<byte> address) => CommonBits(Prefix, address) >= Bits;

        /// <summary>Whether the first bits of an address lead to it, and end before it.</summary>
        public bool IsBehind(ReadOnlySpan<byte> address, int bits) => bits < Bits && CommonBits(Prefix, address) >= bits;
    }

    /// <summary>How many bits two addresses have in common, from the first on.</summary>
    internal static int CommonBits(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        int same = a.CommonPrefixLength(b);
        return same == a.Length ? 8 * same : 8 * same + byte.LeadingZeroCount((byte)(a[same] ^ b[same]));
    }

    /// <summary>Whether an address stays as it is: it tells nothing.</summary>
    public static bool IsPlain(Address address)
    {
        ReadOnlySpan<byte> wire = address.WireBytes;
        return wire.Length == sizeof(uint) ? s_plain4[0].Contains(wire) || wire.IndexOfAnyExcept((byte)0) < 0
            : s_swapped6[0].Contains(wire) || s_swapped6[1].Contains(wire);
    }

    /// <summary>How many bits of an address the key decides.</summary>
    public static int FreeBits(Address address, bool keepsPrivate)
    {
        byte[] wire = address.WireBytes.ToArray();
        bool isV4 = wire.Length == sizeof(uint);
        AddressRange[] ranges = FixedOf(isV4, keepsPrivate);
        AddressRange[] swapped = isV4 ? s_swapped4 : s_swapped6;
        if (Array.Find(swapped, r => r.Contains(wire)) is { } range)
            return 8 * wire.Length - range.Bits;
        return Enumerable.Range(0, 8 * wire.Length).Count(bit => !IsFixed(wire, bit, ranges));
    }

    /// <summary>What stands for an address in the copy. A v4-mapped one is replaced as the IPv4 address that it is.</summary>
    public Address Of(Address address)
    {
        if (IsPlain(address))
            return address;
        if (_known.TryGetValue(address, out Address? known))
            return known;
        byte[] made = address.Bytes.ToArray();
        int offset = address.IsMapped ? made.Length - sizeof(uint) : 0;
        Scramble(made.AsSpan(offset));
        if (_known.Count >= MostKept)
            _known.Clear();
        return _known[address] = new Address(made);
    }

    /// <summary>
    /// Some ranges are so small, or so far from others, that to keep all bits before them would show more of other addresses than it is
    /// worth. Such a range keeps its place in that it changes it with the range that the key has chosen for it.
    /// </summary>
    private void Scramble(Span<byte> address)
    {
        bool isV4 = address.Length == sizeof(uint);
        Turn(address, isV4 ? _fixed4 : _fixed6);
        foreach ((AddressRange range, byte[] chosen) in isV4 ? _swapped4 : _swapped6)
        {
            if (CommonBits(chosen, address) >= range.Bits)
                Take(address, range.Prefix, range.Bits);
            else if (range.Contains(address))
                Take(address, chosen, range.Bits);
        }
    }

    private static void Take(Span<byte> address, ReadOnlySpan<byte> prefix, int bits)
    {
        for (int bit = 0; bit < bits; bit++)
            TakeBit(address, prefix, bit);
    }

    private static void TakeBit(Span<byte> address, ReadOnlySpan<byte> from, int bit)
    {
        byte mask = (byte)(0x80 >> (bit & 7));
        address[bit >> 3] = (byte)((address[bit >> 3] & ~mask) | (from[bit >> 3] & mask));
    }

    private void Turn(Span<byte> address, AddressRange[] fixedRanges)
    {
        Span<byte> original = stackalloc byte[address.Length], input = stackalloc byte[BlockBytes], output = stackalloc byte[BlockBytes];
        address.CopyTo(original);
        _pad.CopyTo(input);
        for (int bit = 0; bit < 8 * original.Length; bit++)
        {
            // The bits before this one, and behind them the pad
            if (bit > 0)
                TakeBit(input, original, bit - 1);
            if (IsFixed(original, bit, fixedRanges))
                continue;
            _aes.EncryptEcb(input, output, PaddingMode.None);
            address[bit >> 3] ^= (byte)((output[0] >> 7) << (7 - (bit & 7)));
        }
    }

    private static bool IsFixed(ReadOnlySpan<byte> original, int bit, AddressRange[] ranges)
    {
        foreach (AddressRange range in ranges)
        {
            if (range.IsBehind(original, bit))
                return true;
        }
        return false;
    }

    /// <inheritdoc/>
    public void Dispose() => _aes.Dispose();
}
