using System.Text;
using System.Text.Json;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Inspection;
using TcpTracer.Replay.Names;
using TcpTracer.Replay.Summaries;

namespace TcpTracer.Cli.Handlers.Inspection;

/// <summary>
/// What <c>info</c> says about a trace, for programs: one object a file. Scripts rely on names and order. A key that is null is left out.
/// </summary>
internal sealed record InfoJson
{
    private const int MostTop = 10;

    public required string File { get; init; }
    public required string Format { get; init; }
    public required int Traces { get; init; }
    public required string Tool { get; init; }
    public required string Node { get; init; }
    public required string Kernel { get; init; }
    public required string Machine { get; init; }
    public required int Cpus { get; init; }
    public required string BootId { get; init; }
    public required string Run { get; init; }
    public required IReadOnlyList<string> Command { get; init; }
    public required IReadOnlyList<string> Hooks { get; init; }
    public required IEnumerable<CopyJson>? Copies { get; init; }
    public required IEnumerable<MergedJson>? Merged { get; init; }
    public required IReadOnlyList<string>? Refused { get; init; }
    public required IReadOnlyList<string> Sources { get; init; }
    public required int RingBytes { get; init; }
    public required string Started { get; init; }
    public string? First { get; init; }
    public string? Last { get; init; }
    public long? SpanNs { get; init; }
    public required bool Finished { get; init; }
    public required string? Ended { get; init; }
    public required IReadOnlyDictionary<string, long>? AtEnd { get; init; }
    public required IEnumerable<EndedSourceJson>? SourcesAtEnd { get; init; }
    public required IReadOnlyDictionary<string, long>? Unnamed { get; init; }
    public required long Events { get; init; }
    public required IReadOnlyDictionary<string, long> Operations { get; init; }
    public required long Bytes { get; init; }
    public required int Blocks { get; init; }
    public required int ClockSamples { get; init; }
    public required long ClockDriftNs { get; init; }
    public required MetadataJson Metadata { get; init; }
    public required TopJson Top { get; init; }
    public required long Lost { get; init; }
    public required long Unreadable { get; init; }
    public required IEnumerable<LossJson> Losses { get; init; }
    public required IEnumerable<DamageJson> Damages { get; init; }
    public required long MoreDamages { get; init; }
    public required IEnumerable<AbsentJson>? Absent { get; init; }

    /// <summary>One line.</summary>
    public static string Write(string file, TraceSurvey survey) => JsonSerializer.Serialize(Of(file, survey), ResultJson.Default.InfoJson);

    private static InfoJson Of(string file, TraceSurvey survey)
    {
        TraceHeader header = survey.Header;
        bool hasEvents = survey.Events > 0;
        IEnumerable<Operation> operations = Enum.GetValues<Operation>().Where(o => survey.CountOf(o) > 0);
        return new InfoJson
        {
            File = Encoding.UTF8.GetString(FileNames.ToBytes(file)), // JSON cannot hold what is not UTF-8
            Format = $"{header.Major}.{header.Minor}",
            Traces = survey.Traces,
            Tool = header.Tool,
            Node = header.Node,
            Kernel = header.Kernel,
            Machine = header.Machine,
            Cpus = header.Cpus,
            BootId = header.BootId,
            Run = header.RunId.ToString(),
            Command = header.CommandLine,
            Hooks = header.Hooks,
            Copies = header.Copies.Count > 0 ? header.Copies.Select(c => new CopyJson(c.How, c.Options, c.Tool)) : null,
            Merged = header.Merged.Count > 0 ? header.Merged.Select(MergedJson.Of) : null,
            Refused = header.Refused.Count > 0 ? header.Refused : null,
            Sources = header.Sources,
            RingBytes = header.RingBytes,
            Started = InfoText.Time(header.Clock.WallNs),
            First = hasEvents ? InfoText.Time(survey.Span.FirstWallNs) : null,
            Last = hasEvents ? InfoText.Time(survey.Span.LastWallNs) : null,
            SpanNs = hasEvents ? survey.Span.Ns : null,
            Finished = survey.End is not null,
            Ended = survey.End?.Cause,
            AtEnd = InOrder(survey.End?.Unfinished?.Counts),
            SourcesAtEnd = survey.End?.Names is { Sources.Count: > 0 } names
                ? names.Sources.Select(n => EndedSourceJson.Of(n, header.Clock)) : null,
            Unnamed = InOrder(survey.End?.Names?.Unnamed.Counts),
            Events = survey.Events,
            Operations = InOrder(operations.Select(o => (OperationNames.NameOf(o), survey.CountOf(o))))!,
            Bytes = survey.Bytes,
            Blocks = survey.Blocks,
            ClockSamples = survey.Clocks.Count,
            ClockDriftNs = survey.Span.DriftNs,
            Metadata = MetadataJson.Of(survey.Names),
            Top = TopJson.Of(survey.Top),
            Lost = survey.Lost,
            Unreadable = survey.EventsUnread,
            Losses = survey.Losses.Zip(survey.LossTimes, (loss, times) =>
                new LossJson(LossWords.Of(loss.Source), loss.Count, InfoText.Time(times.SinceNs), InfoText.Time(times.UntilNs))),
            Damages = survey.Damages.Select(DamageJson.Of),
            MoreDamages = survey.Damages.More,
            Absent = header.Absent.Count > 0 ? header.Absent.Select(a => new AbsentJson(a.Node, a.Why)) : null,
        };
    }

    private static OrderedDictionary<string, long>? InOrder(IEnumerable<(string Name, long Count)>? counts) =>
        counts is null ? null : new OrderedDictionary<string, long>(counts.Select(c => KeyValuePair.Create(c.Name, c.Count)));

    /// <summary>What was made of the recording since.</summary>
    internal sealed record CopyJson(string How, string Options, string Tool);

    /// <summary>A trace that was merged with others.</summary>
    internal sealed record MergedJson(
        string Node, string BootId, string Run, string Kernel, string Tool, long OffsetNs, long? BoundNs, int Pairs)
    {
        public static MergedJson Of(MergedSource source) => new(
            source.Header.Node, source.Header.BootId, source.Header.RunId.ToString(), source.Header.Kernel, source.Header.Tool,
            source.OffsetNs, source.BoundNs, source.Pairs);
    }

    /// <summary>How a source of names did until the recording ended.</summary>
    internal sealed record EndedSourceJson(
        string Name, string State, string? AnsweredFrom, string? AnsweredTo, long Failures, long FailedNs, string? Problem)
    {
        public static EndedSourceJson Of(SourceAtEnd source, ClockSample clock) => new(
            source.Name, source.State, Time(source.FirstNs, clock), Time(source.LastNs, clock), source.Failures, source.FailedNs,
            source.Problem.Length > 0 ? source.Problem : null);

        private static string? Time(long? bootNs, ClockSample clock) => bootNs is { } ns ? InfoText.Time(clock.ToWall(ns)) : null;
    }

    /// <summary>A node of which nothing is in the trace.</summary>
    internal sealed record AbsentJson(string Node, string Why);

    internal sealed record LossJson(string Source, long Count, string From, string To);

    /// <summary>Names of workloads in the trace.</summary>
    internal sealed record MetadataJson(long Records, long Pods, long Containers, long Cgroups, long Services, long Nodes, bool Complete,
        IReadOnlyDictionary<string, long> Namespaces, IReadOnlyList<string> FirstPods)
    {
        public static MetadataJson Of(NamesSurvey names) => new(
            names.Records, names.CountOf(WorkloadKind.Pod), names.CountOf(WorkloadKind.Container), names.CountOf(WorkloadKind.Cgroup),
            names.CountOf(WorkloadKind.Service), names.CountOf(WorkloadKind.Node), !names.IsIncomplete,
            InOrder(InfoText.LargestFirst(names).Select(n => (n.Key, (long)n.Value)))!,
            names.FirstPods);
    }

    /// <summary>Who talks most, and with whom.</summary>
    internal sealed record TopJson(long Blocks, long Events, IEnumerable<TopJson.OwnerJson> Owners, IEnumerable<TopJson.RemoteJson> Remotes)
    {
        internal sealed record OwnerJson(string Namespace, string Pod, string Comm, long Events);

        internal sealed record RemoteJson(string Daddr, long Events);

        public static TopJson Of(TopTalkers top) => new(top.Blocks, top.Events,
            top.Owners(MostTop).Select(o => OwnerOf(o.Key.Split(TraceSummary.Separator), o.Value.Events)),
            top.Remotes(MostTop).Select(r => new RemoteJson(r.Key, r.Value.Events)));

        private static OwnerJson OwnerOf(string[] name, long events) => new(name[0], name[1], name[2], events);
    }
}
