using System.Buffers;
using System.Text;

namespace TcpTracer.Formats.Strings;

/// <summary>
/// Names of files as strings that lose nothing. The kernel has names of any bytes. .NET expects UTF-8 and replaces all other bytes by
/// U+FFFD; no file is found under such a name. Here a byte that is not UTF-8 becomes a lone surrogate, U+DC80 to U+DCFF, and our system
/// calls turn it back into the byte. So only our own calls can open such a file.
/// </summary>
public static class FileNames
{
    private const char FirstSurrogate = '\udc00';
    private const int FirstByte = 0x80;

    /// <summary>The string for the kernel's bytes of a name.</summary>
    public static string FromBytes(ReadOnlySpan<byte> name)
    {
        var text = new StringBuilder(name.Length);
        while (!name.IsEmpty)
        {
            bool valid = Rune.DecodeFromUtf8(name, out Rune rune, out int length) == OperationStatus.Done;
            if (valid)
                text.Append(rune);
            else
                text.Append((char)(FirstSurrogate + name[0]));
            name = name[(valid ? length : 1)..];
        }
        return text.ToString();
    }

    /// <summary>The kernel's bytes for the string of a name.</summary>
    public static byte[] ToBytes(string name)
    {
        if (IsUtf8(name))
            return Encoding.UTF8.GetBytes(name);
        var bytes = new List<byte>(name.Length);
        Span<byte> utf8 = stackalloc byte[4];
        for (ReadOnlySpan<char> rest = name; !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out Rune rune, out int length) == OperationStatus.Done || !IsByte(rest[0]))
                bytes.AddRange(utf8[..rune.EncodeToUtf8(utf8)]);
            else
                bytes.Add((byte)(rest[0] - FirstSurrogate));
            rest = rest[length..];
        }
        return [.. bytes];
    }

    /// <summary>The same bytes for a system call, with a zero at the end.</summary>
    internal static byte[] ToNative(string name) => [.. ToBytes(name), 0];

    /// <summary>Whether the name is UTF-8, so that .NET's own calls find the file.</summary>
    public static bool IsUtf8(string name)
    {
        for (int i = 0; i < name.Length; i++)
        {
            if (char.IsSurrogate(name[i]) && (i + 1 == name.Length || !char.IsSurrogatePair(name[i], name[++i])))
                return false;
        }
        return true;
    }

    private static bool IsByte(char lone) => lone is >= (char)(FirstSurrogate + FirstByte) and <= (char)(FirstSurrogate + byte.MaxValue);
}
