using System.Runtime.InteropServices;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Values;
using TcpTracer.Recorder.Live;
using TcpTracer.Recorder.Workloads;

namespace TcpTracer.Cli.Handlers;

/// <summary>The circumstances of a recording, for whoever opens the file years later.</summary>
internal static class RecordingHeader
{
    public static TraceHeader For(LiveEventSource source, LiveWorkloads workloads, CaptureRequest request, int commandWords) => new()
    {
        RunId = RandomId.New(),
        Tool = ProgramVersion.NameAndVersion,
        Node = workloads.View.Host.Node.ToString(),
        Kernel = ReadLine("/proc/sys/kernel/osrelease"),
        Machine = RuntimeInformation.OSArchitecture == Architecture.X64 ? "x86_64" : RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant(),
        Cpus = Environment.ProcessorCount,
        BootId = BootId,
        CommandLine = ["tcptracer", .. Words(request.Arguments ? 0 : commandWords)],
        Hooks = source.Hooks,
        Refused = [.. source.Limitations.Select(l => $"{l.Subject}: {l.Detail}")],
        Sources = [.. NameSource.Of(workloads.Tracker, request.Sources).Select(s => s.ToString())],
        RingBytes = request.RingBytes,
        Clock = source.Clock,
    };

    /// <summary>Our own arguments. Of the command, which stands last, only its name: its arguments may hold passwords.</summary>
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
