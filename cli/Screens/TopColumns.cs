using System.Globalization;
using TcpTracer.Formats.Text;
using TcpTracer.Replay.Rates;

namespace TcpTracer.Cli.Screens;

/// <summary>A column of <c>top</c>.</summary>
/// <param name="Header">Its header.</param>
/// <param name="Width">Characters.</param>
/// <param name="Rate">Its value for a second, which rows are sorted by.</param>
/// <param name="Text">The value as it is shown.</param>
internal sealed record TopColumn(string Header, int Width, Func<RateCounts, double> Rate, Func<double, string> Text);

/// <summary>The columns of <c>top</c>, from left to right. The name of the row comes behind them.</summary>
internal static class TopColumns
{
    /// <summary>All columns.</summary>
    public static IReadOnlyList<TopColumn> All { get; } =
    [
        new("CONN/s", 8, c => c.Made, Number),
        new("FAILED/s", 8, c => c.Failed, Number),
        new("BROKEN/s", 8, c => c.Broken, Number),
        new("ENDED/s", 8, c => c.Ended, Number),
        new("SENT/s", 8, c => c.Sent, Size),
        new("RECV/s", 8, c => c.Received, Size),
    ];

    private static string Number(double rate) => rate switch
    {
        0 => "0",
        < 10 => rate.ToString("0.00", CultureInfo.InvariantCulture),
        < 100 => rate.ToString("0.0", CultureInfo.InvariantCulture),
        _ => rate.ToString("0", CultureInfo.InvariantCulture),
    };

    private static string Size(double rate) => UnitText.Size((ulong)rate);
}
