using TcpTracer.Cli.Commands;
using TcpTracer.Recorder;
using TcpTracer.Recorder.Workloads;

namespace TcpTracer.Cli.Handlers;

/// <summary>Who knows where processes run, and what this node is called: settled before the first event.</summary>
internal static class NamedCapture
{
    private static readonly TimeSpan s_firstAnswers = TimeSpan.FromSeconds(3);

    public static LiveWorkloads Start(CaptureRequest request)
    {
        var workloads = new LiveWorkloads(WorkloadSources.Find(request.Sources), Messages.Say);
        workloads.Start(s_firstAnswers);
        workloads.Begin(request.Node ?? workloads.Tracker.NodeOfBoot(RecordingHeader.BootId) ?? Environment.MachineName);
        return workloads;
    }
}
