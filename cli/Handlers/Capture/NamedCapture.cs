using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Filter;
using TcpTracer.Recorder.Workloads;

namespace TcpTracer.Cli.Handlers.Capture;

/// <summary>Starts the sources of names and finds the name of this node, before the first event.</summary>
internal static class NamedCapture
{
    /// <summary>How long to wait for the first answers of the sources.</summary>
    public static readonly TimeSpan FirstAnswers = TimeSpan.FromSeconds(3);

    /// <summary>On a node of a cluster, live output shows one namespace by default, as kubectl does.</summary>
    /// <param name="selection">What was asked for.</param>
    /// <param name="namespace">The namespace that the user works in; null: this machine is not a node of a cluster.</param>
    public static Selection Scope(Selection selection, string? @namespace) =>
        selection.AllNamespaces || selection.Namespace is not null || @namespace is null
            ? selection : selection with { Namespace = @namespace };

    /// <summary>Says at once if the selection needs names that no source gives: such a recording would select nothing.</summary>
    public static void SayIfNobodyKnowsNames(EventFilter filter, LiveWorkloads workloads, CaptureRequest request)
    {
        NameSource[] sources = [.. NameSource.Of(workloads.Tracker, request.Sources)];
        if (filter.PodOptions.Count == 0 || sources.Any(s => s.Answers))
            return;
        string select = filter.PodOptions.Count == 1 ? "selects" : "select";
        string states = string.Join("; ", sources.Select(s => $"{s.Name}: {s.State}"));
        Messages.Say($"{string.Join(" and ", filter.PodOptions)} {select} by names of pods, "
            + $"which nobody tells here ({states}; `tcptracer doctor` tells more)");
    }

    /// <summary>Empty if uname() fails. Then recording is not possible either, and that is reported next.</summary>
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
        workloads.Tracker.ReportSilent();
        workloads.Begin(request.Node ?? workloads.Tracker.NodeOfBoot(RecordingHeader.BootId) ?? HostName());
        return workloads;
    }
}
