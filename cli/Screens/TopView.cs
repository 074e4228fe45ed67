using System.Globalization;
using System.Text;
using TcpTracer.Formats.Text;
using TcpTracer.Replay.Rates;

namespace TcpTracer.Cli.Screens;

/// <summary>Makes the lines of a frame. It knows nothing of terminals.</summary>
/// <param name="title">What is watched: a node, or files. No control characters.</param>
/// <param name="isLive">Whether the latest slice is still filling.</param>
internal sealed class TopView(string title, bool isLive)
{
    private const int FewestRows = 1, NarrowestName = 20, NarrowestTitle = 12;
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
        int[] columns = TopColumns.Fitting(width, NarrowestName, state.Sort);
        var lines = new List<string>
        {
            Title(When(at, times, intervalNs) + (state.IsPaused ? "  [paused]" : ""), width),
            Total(slice, state, seconds, columns, width),
            Header(state, columns),
        };
        if (state.IsHelp)
            lines.AddRange(TopKeys.Page.Take(room));
        else if (rows.Count == 0)
            lines.Add(times.Count == 0 ? "nothing yet" : state.Find.Length == 0 ? "nothing here" : TopKeys.NothingFound);
        else
            lines.AddRange(rows.Skip(skip).Take(room).Select(r => Line(r.Name, r.Rates, columns, width)));
        while (lines.Count < height - 1)
            lines.Add("");
        int below = state.IsHelp ? 0 : rows.Count - skip - room;
        lines.Add(TopKeys.Line(state, below > 0 ? $"{below} more below.  " : "", width));
        return [.. lines.Take(Math.Max(1, height)).Select(l => LineWidth.Cut(l, width))];
    }

    /// <summary>The first line. The title gives way to the time.</summary>
    private string Title(string when, int width)
    {
        const string begin = "tcptracer top  ";
        int room = width - begin.Length - 2 - when.Length;
        return room >= NarrowestTitle ? $"{begin}{LineWidth.Shorten(title, room)}  {when}" : $"top  {when}";
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

    /// <summary>The rates of the whole, each connection once, as many as fit beside what is lost and what is looked for.</summary>
    private static string Total(RateSlice slice, TopState state, double seconds, int[] columns, int width)
    {
        double[] rates = Rates(slice.All, seconds);
        string lost = slice.Lost > 0 ? $"  {slice.Lost} events lost" : "";
        string end = lost + (state.IsTyping || state.Find.Length > 0 ? $"  find: {state.Find}{(state.IsTyping ? "_" : "")}" : "");
        List<string> parts = [.. columns.Select(i => $"{TopColumns.All[i].Header} {TopColumns.All[i].Text(rates[i])}")];
        while (parts.Count > 0 && parts.Sum(p => p.Length + 2) - 2 + LineWidth.Of(end) > width)
            parts.RemoveAt(parts.Count - 1);
        return parts.Count > 0 ? string.Join("  ", parts) + end : LineWidth.Shorten(end.TrimStart(), width);
    }

    private static string Header(TopState state, int[] columns)
    {
        string mark = state.IsReversed ? "\u2191" : "\u2193";
        return Cells(columns, i => TopColumns.All[i].Header + (i == state.Sort ? mark : ""), s_headers[(int)state.Grouping]);
    }

    private static string Line(string name, double[] rates, int[] columns, int width)
    {
        int room = width - Cells(columns, _ => "", "").Length;
        return Cells(columns, i => TopColumns.All[i].Text(rates[i]), LineWidth.Shorten(name, Math.Max(0, room)));
    }

    private static string Cells(int[] columns, Func<int, string> cell, string name)
    {
        var line = new StringBuilder();
        foreach (int i in columns)
            line.Append(cell(i).PadLeft(TopColumns.All[i].Width)).Append(' ');
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
