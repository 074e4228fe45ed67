using System.Globalization;
using System.IO.Enumeration;
using System.Net;
using System.Text;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Filter;

/// <summary>
/// A list of items, some of which are excluded. A value is selected if it matches a wanted item, or if no items are wanted, and if it
/// matches no unwanted item.
/// </summary>
internal sealed class Terms<T>
{
    private Terms(T[] wanted, T[] unwanted)
    {
        Wanted = wanted;
        Unwanted = unwanted;
    }

    public T[] Wanted { get; }

    public T[] Unwanted { get; }

    public static Terms<T>? Parse(string? list, Func<string, T> parse)
    {
        if (string.IsNullOrWhiteSpace(list))
            return null;
        string[] items = list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return new Terms<T>(
            [.. items.Where(i => i[0] != '!').Select(parse)],
            [.. items.Where(i => i[0] == '!').Select(i => parse(i[1..]))]);
    }

    public bool Select<TValue>(TValue value, Func<T, TValue, bool> matches) where TValue : allows ref struct
    {
        foreach (T term in Unwanted)
        {
            if (matches(term, value))
                return false;
        }
        if (Wanted.Length == 0)
            return true;
        foreach (T term in Wanted)
        {
            if (matches(term, value))
                return true;
        }
        return false;
    }
}

/// <summary>A range of numbers; both ends belong to it.</summary>
internal readonly record struct NumberRange(ulong First, ulong Last)
{
    public bool Contains(ulong number) => number >= First && number <= Last;

    public static Func<string, NumberRange> Parser(string option, ulong max, bool ranges) => text =>
    {
        int dash = ranges ? text.IndexOf('-') : -1;
        if (dash > 0 && TryParse(text[..dash], max, out ulong first) && TryParse(text[(dash + 1)..], max, out ulong last) && first <= last)
            return new NumberRange(first, last);
        if (TryParse(text, max, out ulong one))
            return new NumberRange(one, one);
        string range = ranges ? ", or a range such as 8000-8999" : "";
        throw new SelectionException($"{option} '{text}': a number from 0 to {max} is expected{range}");
    };

    private static bool TryParse(string text, ulong max, out ulong value)
    {
        value = Quantity.TryWhole(text) ?? ulong.MaxValue;
        return value <= max;
    }
}

/// <summary>A block of addresses. An IPv4 block also matches v4-mapped addresses, because they are IPv4 on the wire.</summary>
internal readonly record struct AddressBlock(byte[] Prefix, int Bits)
{
    public bool Contains(Address address)
    {
        ReadOnlySpan<byte> wire = address.WireBytes;
        if (wire.Length != Prefix.Length)
            return false;
        int whole = Bits / 8, rest = Bits % 8;
        if (!wire[..whole].SequenceEqual(Prefix.AsSpan(0, whole)))
            return false;
        return rest == 0 || ((wire[whole] ^ Prefix[whole]) >> (8 - rest)) == 0;
    }

    public static bool AnyContains(AddressBlock[] blocks, Address address)
    {
        foreach (AddressBlock block in blocks)
        {
            if (block.Contains(address))
                return true;
        }
        return false;
    }

    public static AddressBlock Parse(string text) => TryParse(text)
        ?? throw new SelectionException($"--addr '{text}': an address or a CIDR block such as 10.0.0.0/8 is expected");

    /// <summary>Parses an address or a CIDR block; null: the text is neither.</summary>
    public static AddressBlock? TryParse(string text)
    {
        int slash = text.IndexOf('/');
        string host = slash < 0 ? text : text[..slash];
        if (!IsPlain(host) || !IPAddress.TryParse(host, out IPAddress? address))
            return null;
        byte[] bytes = address.GetAddressBytes();
        int bits = bytes.Length * 8;
        if (slash >= 0
            && (!int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out bits) || bits > bytes.Length * 8))
            return null;
        if (!address.IsIPv4MappedToIPv6)
            return new AddressBlock(bytes, bits);
        // Mapped addresses are IPv4 on the wire; ::ffff:0:0/96 means all of IPv4. A shorter prefix has no clear meaning, and is refused.
        const int mapped = 96;
        return bits >= mapped ? new AddressBlock(bytes[(mapped / 8)..], bits - mapped) : null;
    }

    /// <summary>
    /// Whether programs agree on the address. Octal or hexadecimal parts, brackets, zones and missing parts are refused: some programs take
    /// 010.0.0.1 for 8.0.0.1, others for 10.0.0.1.
    /// </summary>
    private static bool IsPlain(string host)
    {
        string dotted = host[(host.LastIndexOf(':') + 1)..];
        if (host.Any(c => !char.IsAsciiHexDigit(c) && c is not (':' or '.')))
            return false;
        string[] parts = dotted.Split('.');
        if (parts.Length == 1)
            return host.Contains(':');
        return parts.Length == 4 && parts.All(p => p.Length is > 0 and <= 3 && p.All(char.IsAsciiDigit) && (p.Length == 1 || p[0] != '0'));
    }
}

/// <summary>A pattern for names; * stands for any text.</summary>
internal static class NamePattern
{
    /// <summary>
    /// A parser for <see cref="Terms{T}.Parse"/>. Bytes that are not UTF-8 become U+FFFD, because they do so in names, too.
    /// </summary>
    public static Func<string, string> Parser(string option) => text =>
        text.Length > 0
            ? Encoding.UTF8.GetString(FileNames.ToBytes(text))
            : throw new SelectionException($"{option} '!': behind ! a name is expected, which is left out");

    public static bool Matches(string pattern, SafeText name) =>
        FileSystemName.MatchesSimpleExpression(pattern, name.ToString(), ignoreCase: false);
}
