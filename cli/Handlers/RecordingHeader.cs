using System.Runtime.InteropServices;
using TcpTracer.Cli.Handlers.Capture;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Values;
using TcpTracer.Recorder.Live;
using TcpTracer.Recorder.Workloads;

namespace TcpTracer.Cli.Handlers;

/// <summary>The header of a trace: where, when and how it was recorded, for readers in later years.</summary>
internal static class RecordingHeader
{
    public static TraceHeader For(LiveEventSource source, LiveWorkloads workloads, CaptureRequest request, int commandWords) => new()
    {
        RunId = RandomId.New(),
        Tool = ProgramVersion.NameAndVersion,
        Node = workloads.View.Host.Node.ToString(),
        Kernel = ReadLine("/proc/sys/kernel/osrelease"),
        Machine = NameOf(RuntimeInformation.OSArchitecture),
        Cpus = Environment.ProcessorCount,
        BootId = BootId,
        CommandLine = ["tcptracer", .. Words(request.Arguments ? 0 : commandWords)],
        Hooks = source.Hooks,
        Refused = [.. source.Limitations.Select(l => $"{l.Subject}: {l.Detail}")],
        Sources = [.. NameSource.Of(workloads.Tracker, request.Sources).Select(s => s.ToString())],
        RingBytes = request.RingBytes,
        Clock = source.Clock,
    };

    /// <summary>As <c>uname -m</c> prints it.</summary>
    private static string NameOf(Architecture machine) => machine switch
    {
        Architecture.X64 => "x86_64",
        Architecture.Arm64 => "aarch64",
        _ => machine.ToString().ToLowerInvariant(),
    };

    /// <summary>
    /// Our own arguments and the name of the command. The arguments of the command may hold passwords, so they are left out.
    /// </summary>
    private static IEnumerable<string> Words(int commandWords) =>
        Environment.GetCommandLineArgs().Skip(1).SkipLast(Math.Max(0, commandWords - 1));

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
