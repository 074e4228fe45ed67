using System.Text.Json.Serialization;

namespace TcpTracer.Replay.Reports;

/// <summary>What the script of the page gets. Times are microseconds since 1970, lengths of time nanoseconds.</summary>
internal sealed record ReportData
{
    public required string Title { get; init; }

    public required IReadOnlyList<ReportFact> Facts { get; init; }

    public required IReadOnlyList<string> Notices { get; init; }

    public required long Events { get; init; }

    /// <summary>The wall times of the first and the last event; 0 and 0: there is none.</summary>
    public required long From { get; init; }

    public required long To { get; init; }

    /// <summary>The beginning of the first interval of the timeline.</summary>
    public required double GridFrom { get; init; }

    /// <summary>The width of an interval, in microseconds.</summary>
    public required double GridWidth { get; init; }

    public required int Intervals { get; init; }

    public required IReadOnlyList<PartyData> Parties { get; init; }

    public required IReadOnlyList<EdgeData> Edges { get; init; }

    public required IReadOnlyList<SlowData> Slow { get; init; }

    public required IReadOnlyList<LossData> Losses { get; init; }
}

/// <summary>A party.</summary>
/// <param name="Text">Its whole text, such as <c>deployment/shop/web</c>, or <c>10.0.0.1 (postgres)</c> with who answered there.</param>
/// <param name="Kind">What it is, such as <c>deployment</c>.</param>
/// <param name="Space">Its namespace; null: it is in none.</param>
/// <param name="Name">Its name without kind and namespace.</param>
internal sealed record PartyData(string Text, string Kind, string? Space, string Name);

/// <summary>An edge. What is 0 is left out.</summary>
internal sealed record EdgeData
{
    /// <summary>Numbers of parties.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public int From { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public int To { get; init; }

    public int Port { get; init; }

    /// <summary>How many edges this is the sum of; 0: it is one.</summary>
    public int SumOf { get; init; }

    public long Calls { get; init; }

    public long Failed { get; init; }

    public long ResetByCaller { get; init; }

    public long ResetByCalled { get; init; }

    public long Broken { get; init; }

    public long Open { get; init; }

    public double There { get; init; }

    public double Back { get; init; }

    public double Retransmits { get; init; }

    /// <summary>Percentiles of the time to connect.</summary>
    public double P50 { get; init; }

    public double P99 { get; init; }

    /// <summary>Of the time until a connection was accepted.</summary>
    public double Queue99 { get; init; }

    public long First { get; init; }

    public long Last { get; init; }

    public long FirstFailed { get; init; }

    public long LastFailed { get; init; }

    public IReadOnlyDictionary<string, long>? Errors { get; init; }

    /// <summary>Who answered behind a service or at an address, and how often.</summary>
    public IReadOnlyDictionary<string, long>? Reached { get; init; }

    public ExampleData? Example { get; init; }

    public IReadOnlyList<ExampleData>? Failures { get; init; }

    /// <summary>
    /// Its timeline, flat: for each interval its distance from the one before, connections, failures, resets, the number of bins of
    /// latency, and for each of these its number and how many values it has.
    /// </summary>
    public IReadOnlyList<int>? Times { get; init; }
}

/// <summary>Where to look at a connection.</summary>
internal sealed record ExampleData(string Conn, string Node, string Comm, uint Pid, long Start);

/// <summary>A connection whose connect took long.</summary>
internal sealed record SlowData
{
    /// <summary>The number of its edge in the list.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public int Edge { get; init; }

    public double Latency { get; init; }

    public double? Duration { get; init; }

    public required string State { get; init; }

    public required ExampleData Where { get; init; }
}

/// <summary>A time in which events were lost.</summary>
internal sealed record LossData(long From, long To, string Cause, long Count);

/// <summary>Writes the data. The default encoder escapes what HTML or a script would obey: &lt;, &gt;, &amp;, quotes and U+2028.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Serialization,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(ReportData))]
internal sealed partial class ReportJson : JsonSerializerContext;
