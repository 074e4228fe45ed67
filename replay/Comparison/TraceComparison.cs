using TcpTracer.Replay.Calls;

namespace TcpTracer.Replay.Comparison;

/// <summary>
/// Finds what differs between two traces, edge by edge. An edge that only one of them has always differs. Anything else differs if it is
/// both larger than a ratio and improbable by chance.
/// </summary>
/// <param name="significance">The share of chance that is accepted among the differences, such as 0.01.</param>
/// <param name="minRatio">The least ratio that counts, such as 1.5.</param>
public sealed class TraceComparison(double significance, double minRatio)
{
    /// <summary>Fewer values a side cannot be told from chance, or only by tests that are not made here.</summary>
    private const int LeastValues = 8;

    /// <summary>
    /// Changes for the worse that are large enough, and that chance may explain: how many there are of each kind. They are not shown.
    /// </summary>
    public IReadOnlyDictionary<ChangeKind, int> HeldBack { get; private set; } = new Dictionary<ChangeKind, int>();

    /// <summary>The changes: by kind, and the most frequented edges first.</summary>
    public IReadOnlyList<EdgeChange> Of(ComparedTrace before, ComparedTrace after)
    {
        Dictionary<(Party, Party, ushort), Edge> old = before.Calls.Edges.Where(IsOne).ToDictionary(KeyOf);
        List<EdgeChange> tests = [];
        foreach (Edge edge in after.Calls.Edges.Where(IsOne))
        {
            if (old.Remove(KeyOf(edge), out Edge? same))
                tests.AddRange(TestsOf(same, before, edge, after));
            else
                tests.Add(Alone(ChangeKind.Appeared, null, edge, RatesOf(0, before, edge.Begun, after)));
        }
        tests.AddRange(old.Values.Select(e => Alone(ChangeKind.Vanished, e, null, RatesOf(e.Begun, before, 0, after))));
        double[] adjusted = Significance.Adjust([.. tests.Select(t => t.P)]);
        HeldBack = tests.Where((t, i) => adjusted[i] > significance && IsLarge(t.Ratio)
                && t.Kind is (ChangeKind.BeganToFail or ChangeKind.BrokeMore or ChangeKind.Slower))
            .CountBy(t => t.Kind).OrderBy(k => k.Key).ToDictionary();
        return
        [
            .. tests.Select((test, i) => test with { Q = adjusted[i] })
                .Where(t => t.Kind is ChangeKind.Appeared or ChangeKind.Vanished || (t.Q <= significance && IsLarge(t.Ratio)))
                .OrderBy(t => t.Kind).ThenByDescending(t => t.Edge.Calls)
                .ThenBy(t => t.Edge.From.ToString(), StringComparer.Ordinal).ThenBy(t => t.Edge.To.ToString(), StringComparer.Ordinal)
                .ThenBy(t => t.Edge.Port),
        ];
    }

    private static bool IsOne(Edge edge) => edge.From != Party.Others && edge.To != Party.Others;

    private static (Party, Party, ushort) KeyOf(Edge edge) => (edge.From, edge.To, edge.Port);

    private static EdgeChange Alone(ChangeKind kind, Edge? before, Edge? after, double p) => new(kind, before, after, null, p, p);

    private bool IsLarge(double? ratio) => ratio >= minRatio || ratio <= 1 / minRatio;

    private static double RatesOf(long a, ComparedTrace before, long b, ComparedTrace after) =>
        Significance.OfRates(a, before.Minutes, b, after.Minutes);

    private static IEnumerable<EdgeChange> TestsOf(Edge a, ComparedTrace before, Edge b, ComparedTrace after)
    {
        EdgeChange Test(double ratio, ChangeKind up, ChangeKind down, double p) => new(ratio >= 1 ? up : down, a, b, ratio, p, p);

        if (a.Failed + b.Failed > 0 && a.Begun > 0 && b.Begun > 0)
        {
            yield return Test(Ratio(a.Failed, a.Begun, b.Failed, b.Begun), ChangeKind.BeganToFail, ChangeKind.StoppedFailing,
                Significance.OfShares(Math.Min(a.Failed, a.Begun), a.Begun, Math.Min(b.Failed, b.Begun), b.Begun));
        }
        var times = new EdgeChange(ChangeKind.Slower, a, b, null, 1, 1);
        ValueSketch was = times.TimesOf(a), isNow = times.TimesOf(b);
        if (was.Count >= LeastValues && isNow.Count >= LeastValues)
        {
            double ratio = Math.Max(1.0, isNow.Percentile(0.5)) / Math.Max(1.0, was.Percentile(0.5));
            yield return Test(ratio, ChangeKind.Slower, ChangeKind.Faster, Significance.OfValues(was, isNow));
        }
        if (a.Begun + b.Begun > 0 && before.Minutes > 0 && after.Minutes > 0)
        {
            yield return Test(b.Begun / after.Minutes / (a.Begun / before.Minutes), ChangeKind.More, ChangeKind.Fewer,
                RatesOf(a.Begun, before, b.Begun, after));
        }
        if (a.Broken + b.Broken > 0 && a.Ended > 0 && b.Ended > 0)
        {
            yield return Test(Ratio(a.Broken, a.Ended, b.Broken, b.Ended), ChangeKind.BrokeMore, ChangeKind.BrokeLess,
                Significance.OfShares(a.Broken, a.Ended, b.Broken, b.Ended));
        }
    }

    private static double Ratio(long hitsA, long a, long hitsB, long b) => (double)hitsB / b / ((double)hitsA / a);
}
