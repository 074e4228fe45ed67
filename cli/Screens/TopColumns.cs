using System.Globalization;
using TcpTracer.Formats.Text;
using TcpTracer.Replay.Rates;

namespace TcpTracer.Cli.Screens;

/// <summary>A column of <c>top</c>.</summary>
/// <param name="Header">Its header.</param>
/// <param name="Rank">How important it is: where there is no room for all, the columns with the highest ranks are left out.</param>
/// <param name="Rate">Its value for a second, which rows are sorted by.</param>
/// <param name="Text">The value as it is shown.</param>
internal sealed record TopColumn(string Header, int Rank, Func<RateCounts, double> Rate, Func<double, string> Text)
{
    private const int WidestValue = 7;

    /// <summary>Characters: its header with the mark of the order, or a value.</summary>
    public int Width => Math.Max(Header.Length + 1, WidestValue);
}

/// <summary>The columns of <c>top</c>, from left to right. The name of the row comes behind them.</summary>
internal static class TopColumns
{
    /// <summary>All columns.</summary>
    public static IReadOnlyList<TopColumn> All { get; } =
    [
        new("CONN/s", 0, c => c.Made, Number),
        new("FAILED/s", 1, c => c.Failed, Number),
        new("BROKEN/s", 4, c => c.Broken, Number),
        new("ENDED/s", 5, c => c.Ended, Number),
        new("SENT/s", 2, c => c.Sent, Size),
        new("RECV/s", 3, c => c.Received, Size),
    ];

    /// <summary>
    /// The columns that fit, by their places in <see cref="All"/>, so that no number is cut. The one that rows
    /// are sorted by is always there.
    /// </summary>
    /// <param name="width">Of the terminal.</param>
    /// <param name="name">How much of it names need.</param>
    /// <param name="sort">The column that rows are sorted by.</param>
    public static int[] Fitting(int width, int name, int sort)
    {
        List<int> shown = [.. Enumerable.Range(0, All.Count)];
        while (shown.Count > 1 && shown.Sum(i => All[i].Width + 1) + 1 + name > width)
            shown.Remove(shown.Where(i => i != sort).MaxBy(i => All[i].Rank));
        return [.. shown];
    }

    private static string Number(double rate) => rate switch
    {
        0 => "0",
        < 10 => rate.ToString("0.00", CultureInfo.InvariantCulture),
        < 100 => rate.ToString("0.0", CultureInfo.InvariantCulture),
        _ => rate.ToString("0", CultureInfo.InvariantCulture),
    };

    private static string Size(double rate) => UnitText.Size((ulong)rate);
}
