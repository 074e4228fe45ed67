using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Filter;
using TcpTracer.Recorder.Live;
using TcpTracer.Recorder.Workloads;

namespace TcpTracer.Cli.Handlers;

/// <summary>Who knows where processes run, and what this node is called: settled before the first event.</summary>
internal static class NamedCapture
{
    /// <summary>How long first answers are waited for.</summary>
    public static readonly TimeSpan FirstAnswers = TimeSpan.FromSeconds(3);

    /// <summary>On a node of a cluster live output shows one namespace, as kubectl does, unless told otherwise.</summary>
    public static Selection Scope(Selection selection, LiveWorkloads workloads)
    {
        if (selection.AllNamespaces || selection.Namespace is not null || workloads.Namespace is not { } scope)
            return selection;
        return selection with { Namespace = scope };
    }

    /// <summary>A selection by names that nobody tells is told at once, not when an hour of recording has selected nothing.</summary>
    public static void SayIfNobodyKnowsNames(EventFilter filter, LiveWorkloads workloads, CaptureRequest request)
    {
        NameSource[] sources = [.. NameSource.Of(workloads.Tracker, request.Sources)];
        if (filter.PodOptions.Count > 0 && !sources.Any(s => s.Answers))
            Messages.Say($"{string.Join(" and ", filter.PodOptions)} {(filter.PodOptions.Count == 1 ? "selects" : "select")} by names of pods, which nobody tells here ({string.Join("; ", sources.Select(s => $"{s.Name}: {s.State}"))}; `tcptracer doctor` tells more)");
    }

    /// <summary>Without uname() there is none, and no recording either: what comes next says that.</summary>
    private static string HostName()
    {
        try
        {
            return Environment.MachineName;
        }
        catch (InvalidOperationException)
        {
            return "";
        }
    }

    public static LiveWorkloads Start(CaptureRequest request)
    {
        var workloads = new LiveWorkloads(WorkloadSources.Find(request.Sources), words => Messages.Say(words));
        workloads.Start(FirstAnswers);
        workloads.Tracker.TellSilent();
        workloads.Begin(request.Node ?? workloads.Tracker.NodeOfBoot(RecordingHeader.BootId) ?? HostName());
        return workloads;
    }
}
