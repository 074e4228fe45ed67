using System.Globalization;
using Microsoft.Win32.SafeHandles;
using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>
/// Finds the numbers of tracepoints. If tracefs is not mounted, this makes a detached mount (fsmount), which no other process
/// sees, and owns it.
/// </summary>
internal sealed class TraceFs : IDisposable
{
    private static readonly string[] s_mountPoints = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];
    private SafeFileHandle? _detached;

    /// <summary>
    /// The number of a tracepoint such as syscalls/sys_exit_accept4; 0: it cannot be read, or this kernel has no such tracepoint.
    /// </summary>
    public int TracepointId(string name)
    {
        foreach (string mountPoint in s_mountPoints)
        {
            try
            {
                return Parse(File.ReadAllText($"{mountPoint}/events/{name}/id"));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // not mounted here
            }
        }
        _detached ??= LibC.MountDetachedTraceFs();
        if (_detached.IsInvalid)
            return 0;
        using SafeFileHandle file = LibC.OpenAt(_detached, $"events/{name}/id");
        if (file.IsInvalid)
            return 0;
        Span<byte> text = stackalloc byte[16];
        // Not RandomAccess or FileStream: this file has no length and no position
        int length = ReadAll(file, text);
        return Parse(System.Text.Encoding.ASCII.GetString(text[..length]));
    }

    private static unsafe int ReadAll(SafeFileHandle file, Span<byte> text)
    {
        fixed (byte* to = text)
            return Math.Max(0, (int)LibC.read((int)file.DangerousGetHandle(), to, (nuint)text.Length));
    }

    private static int Parse(string text) =>
        int.TryParse(text.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : 0;

    /// <inheritdoc/>
    public void Dispose() => _detached?.Dispose();
}
