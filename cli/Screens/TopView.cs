using System.Globalization;
using System.Text;
using TcpTracer.Replay.Rates;

namespace TcpTracer.Cli.Screens;

/// <summary>Makes the lines of a frame. It knows nothing of terminals.</summary>
/// <param name="title">What is watched: a node, or files. No control characters.</param>
/// <param name="isLive">Whether the latest slice is still filling.</param>
internal sealed class TopView(string title, bool isLive)
{
    private const int FewestRows = 1;
    private const string Keys = "q quit  space pause/play  arrows time, scroll  a all  b rows  s sort  r reverse  / find";

    private static readonly string[] s_headers = ["COMMAND", "WORKLOAD", "DESTINATION"];

    /// <summary>The lines of a frame, each at most <paramref name="width"/> characters.</summary>
    public IReadOnlyList<string> Lines(RateTable table, TopState state, int width, int height)
    {
        IReadOnlyList<long> times = table.Times;
        long intervalNs = table.IntervalNs;
        long? at = state.IsWhole || times.Count == 0 ? null : state.AtNs ?? Latest(times);
        RateSlice slice = table.SliceAt(at);
        double seconds = (at is null && times.Count > 0 ? times[^1] - times[0] + intervalNs : intervalNs) / 1e9;
        List<(string Name, double[] Rates)> rows = [.. Rows(slice, state, seconds)];
        const int around = 4; // lines above and below the rows
        int room = Math.Max(FewestRows, height - around);
        int skip = Math.Clamp(state.Scrolled, 0, Math.Max(0, rows.Count - room));
        var lines = new List<string>
        {
            $"tcptracer top  {title}  {When(at, times, intervalNs)}{(state.IsPaused ? "  [paused]" : "")}",
            $"{Total(slice, seconds)}{(slice.Lost > 0 ? $"  {slice.Lost} events lost" : "")}"
                + (state.IsTyping ? $"  find: {state.Find}_" : state.Find.Length > 0 ? $"  find: {state.Find}" : ""),
            Header(state),
        };
        lines.AddRange(rows.Skip(skip).Take(room).Select(r => Line(r.Name, r.Rates)));
        if (rows.Count == 0)
            lines.Add(times.Count == 0 ? "nothing yet" : "nothing here");
        while (lines.Count < height - 1)
            lines.Add("");
        int below = rows.Count - skip - room;
        lines.Add(below > 0 ? $"{below} more below.  {Keys}" : Keys);
        return [.. lines.Take(Math.Max(1, height)).Select(l => l.Length > width ? l[..Math.Max(0, width)] : l)];
    }

    /// <summary>Live, the newest slice is not full yet: the one before is shown.</summary>
    private long Latest(IReadOnlyList<long> times) => isLive && times.Count > 1 ? times[^2] : times[^1];

    private static IEnumerable<(string Name, double[] Rates)> Rows(RateSlice slice, TopState state, double seconds)
    {
        IEnumerable<(string Name, double[] Rates)> rows = slice.Groups(state.Grouping)
            .Where(g => state.Find.Length == 0 || g.Key.Contains(state.Find, StringComparison.OrdinalIgnoreCase))
            .Select(g => (g.Key, Rates(g.Value, seconds)));
        rows = state.IsReversed ? rows.OrderBy(r => r.Rates[state.Sort]) : rows.OrderByDescending(r => r.Rates[state.Sort]);
        return ((IOrderedEnumerable<(string Name, double[] Rates)>)rows).ThenBy(r => r.Name, StringComparer.Ordinal);
    }

    private static double[] Rates(RateCounts counts, double seconds) => [.. TopColumns.All.Select(c => c.Rate(counts) / seconds)];

    private static string Total(RateSlice slice, double seconds)
    {
        double[] rates = Rates(slice.All, seconds);
        return string.Join("  ", TopColumns.All.Select((c, i) => $"{c.Header} {c.Text(rates[i])}"));
    }

    private static string Header(TopState state)
    {
        var line = new StringBuilder();
        for (int i = 0; i < TopColumns.All.Count; i++)
        {
            TopColumn column = TopColumns.All[i];
            string mark = i != state.Sort ? "" : state.IsReversed ? "^" : "v";
            line.Append((mark + column.Header).PadLeft(column.Width + 1)).Append(' ');
        }
        return line.Append(' ').Append(s_headers[(int)state.Grouping]).ToString();
    }

    private static string Line(string name, double[] rates)
    {
        var line = new StringBuilder();
        for (int i = 0; i < rates.Length; i++)
            line.Append(TopColumns.All[i].Text(rates[i]).PadLeft(TopColumns.All[i].Width + 1)).Append(' ');
        return line.Append(' ').Append(name).ToString();
    }

    private static string When(long? at, IReadOnlyList<long> times, long intervalNs)
    {
        if (times.Count == 0)
            return "";
        (long from, long to) = at is { } ns ? (ns, ns + intervalNs) : (times[0], times[^1] + intervalNs);
        string seconds = ((to - from) / 1e9).ToString("0.###", CultureInfo.InvariantCulture);
        return $"{Text(from, "yyyy-MM-dd HH:mm:ss")} - {Text(to, "HH:mm:ss")} UTC ({seconds} s{(at is null ? ", all" : "")})";
    }

    private static string Text(long ns, string form)
    {
        long epoch = DateTime.UnixEpoch.Ticks;
        long ticks = Math.Clamp(ns / TimeSpan.NanosecondsPerTick, -epoch, DateTime.MaxValue.Ticks - epoch);
        return DateTime.UnixEpoch.AddTicks(ticks).ToString(form, CultureInfo.InvariantCulture);
    }
}
