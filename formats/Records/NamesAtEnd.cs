namespace TcpTracer.Formats.Records;

/// <summary>How the sources of names did until the recording ended, and which events have no name.</summary>
/// <param name="Sources">Each source.</param>
/// <param name="Unnamed">Events in pods without a name, whatever was selected.</param>
public sealed record NamesAtEnd(IReadOnlyList<SourceAtEnd> Sources, UnnamedEvents Unnamed);

/// <summary>How a source of names did. Times are boot times in nanoseconds.</summary>
/// <param name="Name">What it is, and its address.</param>
/// <param name="State">How it was doing at the end: <c>answering</c>, <c>failing</c>, <c>silent</c> or <c>unused</c>.</param>
public sealed record SourceAtEnd(string Name, string State)
{
    /// <summary>What was wrong at the end, as a sentence; empty: nothing.</summary>
    public string Problem { get; init; } = "";

    /// <summary>When it answered first; null: it never did.</summary>
    public long? FirstNs { get; init; }

    /// <summary>When it was last known to answer; null: it never was.</summary>
    public long? LastNs { get; init; }

    /// <summary>How often it began to fail.</summary>
    public long Failures { get; init; }

    /// <summary>For how many nanoseconds it failed, all times together.</summary>
    public long FailedNs { get; init; }
}

/// <summary>Events of processes whose pod has no name, by the reason.</summary>
/// <param name="NoSource">There is no source of names.</param>
/// <param name="NotAnswered">A source had not answered yet.</param>
/// <param name="Failing">A source did not answer.</param>
/// <param name="NotReported">All sources answered, and none knew the pod.</param>
/// <param name="NoCgroup">The cgroup of the process is not known.</param>
public readonly record struct UnnamedEvents(long NoSource, long NotAnswered, long Failing, long NotReported, long NoCgroup)
{
    /// <summary>All counts, with their names in a trace and in JSON.</summary>
    public IEnumerable<(string Name, long Count)> Counts =>
    [
        ("no_source", NoSource), ("not_answered", NotAnswered), ("failing", Failing), ("not_reported", NotReported),
        ("no_cgroup", NoCgroup),
    ];

    /// <summary>The same counts, with one of them replaced.</summary>
    /// <param name="name">The name of the count in a trace; an unknown name changes nothing.</param>
    /// <param name="count">The new count.</param>
    public UnnamedEvents With(string name, long count) => name switch
    {
        "no_source" => this with { NoSource = count },
        "not_answered" => this with { NotAnswered = count },
        "failing" => this with { Failing = count },
        "not_reported" => this with { NotReported = count },
        "no_cgroup" => this with { NoCgroup = count },
        _ => this,
    };
}
