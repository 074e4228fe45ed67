using System.Text;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Workloads;

/// <summary>
/// A name for printing. Kubernetes allows 253 characters. A longer name is cut, because each row of a block may print
/// it, and filters test it.
/// </summary>
public static class NameText
{
    /// <summary>A printed name has at most so many bytes.</summary>
    public const int MostBytes = 256;

    private static ReadOnlySpan<byte> More => "..."u8;

    /// <summary>Makes a name for printing; <c>...</c> stands for what is cut.</summary>
    public static SafeText Of(string name)
    {
        if (name.Length <= MostBytes / 4 || Encoding.UTF8.GetByteCount(name) <= MostBytes)
            return new SafeText(name);
        Span<byte> cut = stackalloc byte[MostBytes];
        Encoding.UTF8.GetEncoder().Convert(name, cut[..^More.Length], flush: false, out _, out int used, out _);
        More.CopyTo(cut[used..]);
        return new SafeText(cut[..(used + More.Length)]);
    }

    /// <summary>Makes a name for printing of a text. It is the same object if nothing is cut.</summary>
    public static SafeText Of(SafeText name) => name.Raw.Length <= MostBytes ? name : Of(name.ToString());
}
