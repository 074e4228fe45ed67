using System.Runtime.InteropServices;
using TcpTracer.Cli.Commands;
using TcpTracer.Formats.TraceFile;
using TcpTracer.Recorder;
using TcpTracer.Recorder.Workloads;

namespace TcpTracer.Cli.Handlers;

/// <summary>The circumstances of a recording, for whoever opens the file years later.</summary>
internal static class RecordingHeader
{
    public static TraceHeader For(LiveEventSource source, LiveWorkloads workloads, CaptureRequest request) => new()
    {
        RunId = NewRunId(),
        Tool = VersionAction.NameAndVersion,
        Node = workloads.View.Host.Node.ToString(),
        Kernel = ReadLine("/proc/sys/kernel/osrelease"),
        Machine = RuntimeInformation.OSArchitecture == Architecture.X64 ? "x86_64" : RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant(),
        Cpus = Environment.ProcessorCount,
        BootId = BootId,
        CommandLine = ["tcptracer", .. Environment.GetCommandLineArgs().Skip(1)],
        Hooks = source.Hooks,
        Refused = [.. source.Limitations.Select(l => $"{l.Subject}: {l.Detail}")],
        Sources = [.. NameSource.Of(workloads.Tracker, request.Sources).Select(s => s.ToString())],
        RingBytes = request.RingBytes,
        Clock = source.Clock,
    };

    /// <summary>From the kernel itself: .NET asks /dev/urandom, which a bare container may not have.</summary>
    private static Guid NewRunId()
    {
        byte[] random = new byte[16];
        _ = getrandom(random, random.Length, 0);
        random[7] = (byte)(random[7] & 0x0f | 0x40); // version 4, of the usual variant
        random[8] = (byte)(random[8] & 0x3f | 0x80);
        return new Guid(random);
    }

    [DllImport("libc")]
    private static extern nint getrandom([Out] byte[] buffer, nint length, uint flags);

    public static string BootId => ReadLine("/proc/sys/kernel/random/boot_id");

    private static string ReadLine(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
