using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace TcpTracer.Bpf.Interop;

/// <summary>Keeps what libbpf says, instead of letting it write to stderr. Bounded: a verifier log can be megabytes.</summary>
internal static unsafe class LibBpfLog
{
    private const int Limit = 64 * 1024;
    private static readonly StringBuilder s_text = new();

    /// <summary>What was said since <see cref="Start"/>.</summary>
    public static string Text
    {
        get
        {
            lock (s_text)
                return s_text.ToString();
        }
    }

    public static void Start()
    {
        lock (s_text)
            s_text.Clear();
        _ = LibBpf.libbpf_set_print(&Print);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Print(int level, byte* format, nint arguments)
    {
        const int debug = 2, lineSize = 8192;
        if (level >= debug)
            return 0;
        byte* line = stackalloc byte[lineSize];
        int length = Math.Clamp(LibC.vsnprintf(line, lineSize, format, arguments), 0, lineSize - 1);
        lock (s_text)
        {
            if (s_text.Length < Limit)
                s_text.Append(Encoding.UTF8.GetString(line, length));
        }
        return 0;
    }
}
