using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace TcpTracer.Bpf.Interop;

/// <summary>Keeps what libbpf prints, which would go to stderr. Only the end is kept: a verifier log can be megabytes.</summary>
internal static unsafe class LibBpfLog
{
    private const int Limit = 64 * 1024;
    private static readonly StringBuilder s_text = new();

    /// <summary>What libbpf printed since <see cref="Start"/>.</summary>
    public static string Text
    {
        get
        {
            lock (s_text)
                return s_text.ToString();
        }
    }

    /// <summary>Forgets what was printed so far.</summary>
    public static void Start()
    {
        lock (s_text)
            s_text.Clear();
        _ = LibBpf.libbpf_set_print(&Print);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Print(int level, byte* format, nint arguments)
    {
        const int debug = 2, longest = 4 << 20; // bytes: the verifier's listing comes as one line, and its end is what matters
        if (level >= debug)
            return 0;
        byte* line = LibC.malloc(longest); // not NativeMemory, which throws: no exception may cross libbpf's frames
        if (line is null)
            return 0;
        int length = Math.Clamp(LibC.vsnprintf(line, longest, format, arguments), 0, longest - 1), kept = Math.Min(length, Limit);
        lock (s_text)
        {
            s_text.Append(Encoding.UTF8.GetString(line + length - kept, kept));
            if (s_text.Length > 2 * Limit)
                s_text.Remove(0, s_text.Length - 2 * Limit);
        }
        LibC.free(line);
        return 0;
    }
}
