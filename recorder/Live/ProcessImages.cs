using TcpTracer.Bpf;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Recorder.Live;

/// <summary>The executables of processes, by the numbers that the kernel's programs gave them.</summary>
internal sealed class ProcessImages
{
    /// <summary>
    /// So many are kept, the newest. Numbers rise, so only a very old connection still has the number of a forgotten one.
    /// </summary>
    private const int Kept = 32_768;

    private readonly Dictionary<uint, (SafeText Exe, SafeText Arguments)> _images = [];
    private readonly Queue<uint> _order = new();

    /// <summary>The path of an executable; empty: it is not known.</summary>
    public SafeText ExeOf(uint image) => image != 0 && _images.TryGetValue(image, out var known) ? known.Exe : SafeText.Empty;

    /// <summary>A command line, its arguments separated by zeros; empty: it is not known, or nobody asked for command lines.</summary>
    public SafeText ArgumentsOf(uint image) => image != 0 && _images.TryGetValue(image, out var known) ? known.Arguments : SafeText.Empty;

    /// <summary>The kernel has sent one.</summary>
    public void Add(in RawImage raw)
    {
        if (_images.TryAdd(raw.Number, (PathOf(in raw), ArgumentsOf(in raw))))
            _order.Enqueue(raw.Number);
        if (_order.Count > Kept)
            _images.Remove(_order.Dequeue());
    }

    /// <summary>If the outermost directories are missing, the path begins with <c>...</c>. A name that is cut ends with it.</summary>
    private static SafeText PathOf(in RawImage raw)
    {
        var path = new MemoryStream();
        if (raw.Levels > RawImage.MaxLevels)
            path.Write("..."u8);
        for (int level = (int)Math.Min(raw.Levels, RawImage.MaxLevels) - 1; level >= 0; level--)
        {
            path.WriteByte((byte)'/');
            path.Write(raw.NameAt(level, out bool isCut));
            if (isCut)
                path.Write("..."u8);
        }
        return new SafeText(path.ToArray());
    }

    private static SafeText ArgumentsOf(in RawImage raw)
    {
        if (raw.Pid != 0)
            return new SafeText(ReadCommandLine(raw.Pid));
        ReadOnlySpan<byte> arguments = raw.Arguments;
        if (raw.ArgumentsAreCut)
            return new SafeText([.. arguments, .. "..."u8]);
        return new SafeText(arguments.TrimEnd((byte)0));
    }

    /// <summary>Reads the command line of a process that is older than the recorder.</summary>
    private static ReadOnlySpan<byte> ReadCommandLine(uint pid)
    {
        const int most = 1024;
        try
        {
            using FileStream file = File.OpenRead($"/proc/{pid}/cmdline");
            byte[] buffer = new byte[most + 1];
            int length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return length > most ? (byte[])[.. buffer.AsSpan(0, most), .. "..."u8] : buffer.AsSpan(0, length).TrimEnd((byte)0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }
}
