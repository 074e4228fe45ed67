using System.Text.Json;
using TcpTracer.Replay.Calls;
using TcpTracer.Replay.Comparison;

namespace TcpTracer.Cli.Handlers.Comparison;

/// <summary>A difference as a JSON object, one a line. Scripts rely on names and order. A key that is null is left out.</summary>
internal sealed record DiffJson(string Change, string From, string To, ushort Port, DiffJson.SideJson? Before, DiffJson.SideJson? After,
    double? Ratio, double P, double AdjustedP)
{
    public static void Print(IReadOnlyList<EdgeChange> changes, ComparedTrace before, ComparedTrace after, Stream output)
    {
        foreach (EdgeChange change in changes)
        {
            byte[] json = JsonSerializer.SerializeToUtf8Bytes(Of(change, before, after), ResultJson.Default.DiffJson);
            output.Write([.. json, (byte)'\n']);
        }
    }

    private static DiffJson Of(EdgeChange change, ComparedTrace before, ComparedTrace after) => new(
        DiffText.TitleOf(change.Kind).ToLowerInvariant().Replace(' ', '_'),
        change.Edge.From.ToString(), change.Edge.To.ToString(), change.Edge.Port,
        SideJson.Of(change.Before, before, change), SideJson.Of(change.After, after, change),
        change.Ratio is { } ratio && double.IsFinite(ratio) ? ratio : null, change.P, change.Q);

    /// <summary>The edge in one of the traces.</summary>
    internal sealed record SideJson(long SpanNs, long Calls, long Begun, double? PerMinute, long Failed, long Ended, long Broken,
        string? TimesOf, ulong? P50Ns, ulong? P99Ns, string? Example, string? FailedExample)
    {
        public static SideJson? Of(Edge? edge, ComparedTrace trace, EdgeChange change)
        {
            if (edge is null)
                return null;
            ValueSketch times = change.TimesOf(edge);
            bool hasTimes = times.Count > 0;
            return new SideJson(trace.UntilNs - trace.SinceNs, edge.Calls, edge.Begun,
                trace.Minutes > 0 ? edge.Begun / trace.Minutes : null, edge.Failed, edge.Ended, edge.Broken,
                hasTimes ? (change.IsOfQueue ? "accept" : "connect") : null,
                hasTimes ? times.Percentile(0.5) : null, hasTimes ? times.Percentile(0.99) : null,
                edge.Example?.Conn, edge.Failures is [var failure, ..] ? failure.Conn : null);
        }
    }
}
