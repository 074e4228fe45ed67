using TcpTracer.Recorder.Workloads;

namespace TcpTracer.Cli.Handlers.Capture;

/// <summary>A source of names of pods and containers, and whether it answers.</summary>
/// <param name="Name">What it is, and its address.</param>
/// <param name="Answers">Whether it answers.</param>
/// <param name="State">Its state, in a few words.</param>
/// <param name="Problem">What is wrong, as a sentence; empty: nothing is.</param>
internal sealed record NameSource(string Name, bool Answers, string State, string Problem = "")
{
    /// <summary>The sources that this machine has, and the usual ones that it lacks.</summary>
    public static IEnumerable<NameSource> Of(WorkloadTracker tracker, SourceOptions options)
    {
        if (options.NoKubernetes)
            return [new NameSource("names of pods", false, "not asked for (--no-kubernetes)") { IsThere = false }];
        List<NameSource> all = [.. tracker.Sources.Select(s => Of(s.Source, s.State))];
        // Only the Kubernetes API has a current namespace
        if (tracker.Sources.All(s => s.Source.Namespace is null))
            all.Insert(0, new NameSource("Kubernetes API", false, "not configured here", NoNames(tracker)) { IsThere = false });
        if (tracker.Sources.All(s => s.Source.Namespace is not null))
            all.Add(new NameSource("container runtime", false, "no socket of one found", NoNames(tracker)) { IsThere = false });
        return all;
    }

    /// <summary>What a missing source means if there is no other one. It is no fault of the machine.</summary>
    private static string NoNames(WorkloadTracker tracker) => tracker.Sources.Count == 0 ? "events have no pod names" : "";

    private static NameSource Of(IWorkloadSource source, SourceState state) => state.Status switch
    {
        SourceStatus.Answering => new NameSource(source.Description, true, "answering"),
        SourceStatus.Failing => new NameSource(source.Description, false, "not answering", state.Problem),
        SourceStatus.Unused => new NameSource(source.Description, false, "knows no pods", state.Problem),
        _ => new NameSource(source.Description, false, "no answer yet"),
    };

    /// <summary>Whether this machine has such a source.</summary>
    public bool IsThere { get; private init; } = true;

    /// <summary>Its state, and what is wrong.</summary>
    public string Detail => Problem.Length > 0 ? $"{State} ({Problem})" : State;

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Detail}";
}
