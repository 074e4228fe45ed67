using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Replay.Redactions;

/// <summary>
/// Names and numbers that a key makes of others: the same of the same, and nobody can tell of which without the key. Each kind of name
/// has its own, so that a pod and a node of the same name are not seen to have it.
/// </summary>
/// <param name="key">The secret.</param>
internal sealed class Pseudonyms(byte[] key)
{
    private const int Digits = 8, BitsOfDigit = 5, MostKept = 1 << 16, MostKeptLength = 512;
    private const string Alphabet = "abcdefghijkmnpqrstuvwxyz23456789"; // without l, o, 0 and 1
    private readonly Dictionary<(string Kind, string Name), string> _names = [];

    /// <summary>A readable name, such as <c>pod-k3f9amx2</c>; of an empty one an empty one.</summary>
    public string Name(string kind, string name)
    {
        if (name.Length == 0)
            return "";
        if (_names.TryGetValue((kind, name), out string? known))
            return known;
        string made = Name(kind, Encoding.UTF8.GetBytes(name));
        if (_names.Count >= MostKept)
            _names.Clear();
        if (name.Length <= MostKeptLength)
            _names.Add((kind, name), made);
        return made;
    }

    /// <summary>The same of a name that need not be UTF-8.</summary>
    public SafeText Name(string kind, SafeText name) => name.Raw.Length == 0 ? name : new SafeText(Name(kind, name.Raw));

    private string Name(string kind, ReadOnlySpan<byte> name)
    {
        ulong bits = BinaryPrimitives.ReadUInt64LittleEndian(Mac(kind, name));
        Span<char> digits = stackalloc char[Digits];
        foreach (ref char digit in digits)
        {
            digit = Alphabet[(int)(bits % (1 << BitsOfDigit))];
            bits >>= BitsOfDigit;
        }
        return $"{kind}-{digits}";
    }

    /// <summary>Whether a text has the form of such a name.</summary>
    public static bool HasForm(string text)
    {
        int dash = text.IndexOf('-');
        return dash > 0 && text.Length == dash + 1 + Digits
            && text[..dash].All(char.IsAsciiLetterLower) && text[(dash + 1)..].All(Alphabet.Contains);
    }

    /// <summary>A number of so many bits; 0 stays 0, and no other becomes 0.</summary>
    public ulong Number(string kind, ulong number, int bits)
    {
        if (number == 0)
            return 0;
        Span<byte> text = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(text, number);
        ulong made = BinaryPrimitives.ReadUInt64LittleEndian(Mac(kind, text)) >> (64 - bits);
        return made == 0 ? 1 : made;
    }

    /// <summary>An identity of 128 bits; of an empty one an empty one.</summary>
    public string Uid(string kind, string uid) => uid.Length == 0 ? "" : Id(kind, Encoding.UTF8.GetBytes(uid)).ToString();

    /// <summary>An identity of 128 bits.</summary>
    public Guid Id(string kind, ReadOnlySpan<byte> id) => new(Mac(kind, id).AsSpan(0, 16));

    /// <summary>64 hexadecimal digits, as the id of a container has.</summary>
    public string Hex(string kind, string id) => id.Length == 0 ? "" : Convert.ToHexStringLower(Mac(kind, Encoding.UTF8.GetBytes(id)));

    /// <summary>32 bytes that only the key gives.</summary>
    public byte[] Secret(string kind) => Mac(kind, []);

    private byte[] Mac(string kind, ReadOnlySpan<byte> text)
    {
        byte[] all = new byte[kind.Length + 1 + text.Length];
        Encoding.ASCII.GetBytes(kind, all);
        text.CopyTo(all.AsSpan(kind.Length + 1)); // a NUL between: no kind with a text is another kind with another
        return HMACSHA256.HashData(key, all);
    }
}
