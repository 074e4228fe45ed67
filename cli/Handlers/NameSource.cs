using TcpTracer.Recorder.Workloads;

namespace TcpTracer.Cli.Handlers;

/// <summary>Who is asked for names of pods and containers, and how that goes.</summary>
/// <param name="Name">What it is, and where.</param>
/// <param name="Answers">Whether it does.</param>
/// <param name="State">In a few words.</param>
/// <param name="Trouble">What is wrong, as a sentence; empty: nothing.</param>
internal sealed record NameSource(string Name, bool Answers, string State, string Trouble = "")
{
    /// <summary>Those that this machine has, and those that it has not.</summary>
    public static IEnumerable<NameSource> Of(WorkloadTracker tracker, SourceOptions options)
    {
        if (options.NoKubernetes)
            return [new NameSource("names of pods", false, "not asked for (--no-kubernetes)") { IsThere = false }];
        List<NameSource> all = [.. tracker.Sources.Select(s => Of(s.Source, s.State))];
        // Only the API has a namespace that its user works in
        if (tracker.Sources.All(s => s.Source.Namespace is null))
            all.Insert(0, new NameSource("Kubernetes API", false, "not configured here", NoNames(tracker)) { IsThere = false });
        if (tracker.Sources.All(s => s.Source.Namespace is not null))
            all.Add(new NameSource("container runtime", false, "no socket of one found", NoNames(tracker)) { IsThere = false });
        return all;
    }

    /// <summary>What it means where there is no other source, either: it is no fault of the machine.</summary>
    private static string NoNames(WorkloadTracker tracker) => tracker.Sources.Count == 0 ? "events have no pod names" : "";

    private static NameSource Of(IWorkloadSource source, SourceState state) => state.Status switch
    {
        SourceStatus.Answering => new NameSource(source.Description, true, "answering"),
        SourceStatus.Failing => new NameSource(source.Description, false, "not answering", state.Trouble),
        SourceStatus.Unused => new NameSource(source.Description, false, "knows no pods", state.Trouble),
        _ => new NameSource(source.Description, false, "no answer yet"),
    };

    /// <summary>Whether there is such a source here at all, that could answer.</summary>
    public bool IsThere { get; private init; } = true;

    /// <summary>State and trouble.</summary>
    public string Detail => Trouble.Length > 0 ? $"{State} ({Trouble})" : State;

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Detail}";
}
