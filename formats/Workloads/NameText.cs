using System.Text;
using TcpTracer.Formats.Words;

namespace TcpTracer.Formats.Workloads;

/// <summary>
/// A name as it is shown. Kubernetes has names of at most 253 characters; of a longer one the beginning has to do: each of the rows of a block may show it, and be
/// asked for it.
/// </summary>
public static class NameText
{
    /// <summary>The most that is shown.</summary>
    public const int MostBytes = 256;

    private static ReadOnlySpan<byte> More => "..."u8;

    /// <summary>Of a name.</summary>
    public static SafeText Of(string name)
    {
        if (name.Length <= MostBytes / 4 || Encoding.UTF8.GetByteCount(name) <= MostBytes)
            return new SafeText(name);
        Span<byte> cut = stackalloc byte[MostBytes];
        Encoding.UTF8.GetEncoder().Convert(name, cut[..^More.Length], flush: false, out _, out int used, out _);
        More.CopyTo(cut[used..]);
        return new SafeText(cut[..(used + More.Length)]);
    }

    /// <summary>The same of one that is a text already.</summary>
    public static SafeText Of(SafeText name) => name.Raw.Length <= MostBytes ? name : Of(name.ToString());
}
