using System.CommandLine;
using TcpTracer.Cli.Linux;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;

namespace TcpTracer.Cli.Commands;

/// <summary>How output for eyes looks: <c>short</c> and <c>wide</c>.</summary>
internal sealed class StyleOptions
{
    private static readonly (string Word, TimeStyle Style)[] s_times =
    [
        ("rfc3339", TimeStyle.Rfc3339), ("local", TimeStyle.Local), ("utc", TimeStyle.Utc), ("relative", TimeStyle.Relative),
        ("delta", TimeStyle.Delta),
    ];

    private readonly ChoiceOption _color = new("--color", [], "WHEN",
        "Colours in short: auto (on a terminal, without $NO_COLOR), always, never", "auto", "always", "never");

    /// <summary>The form of times, and <c>local</c> also the zone of those that are given.</summary>
    public ChoiceOption Time { get; } = new("--time", [], "FORM",
        "Times in short and wide: rfc3339, local, utc, relative (to the first), delta (to the one before); local: also --since and --until",
        [.. s_times.Select(t => t.Word)]);

    public Option[] All => [Time, _color];

    /// <summary>Whether the form of times was said.</summary>
    public bool HasTime(ParseResult parsed) => parsed.GetResult(Time) is { Implicit: false };

    /// <summary>Whether times are those since the row before.</summary>
    public bool IsDelta(ParseResult parsed) => HasTime(parsed) && Time.Read(parsed) == "delta";

    /// <param name="parsed">The command line.</param>
    /// <param name="mode">The format that it is for.</param>
    /// <exception cref="SelectionException">An option has no effect on this format.</exception>
    public TextStyle Read(ParseResult parsed, string mode)
    {
        TimeStyle time = s_times.First(t => t.Word == Time.Read(parsed)).Style;
        string color = _color.Read(parsed);
        if (mode != "short" && parsed.GetResult(_color) is { Implicit: false })
            throw new SelectionException($"--color has no effect with {mode}: only short has colours");
        return new TextStyle
        {
            Time = HasTime(parsed) ? time : null,
            Zone = time == TimeStyle.Local ? LocalTimes.Zone : TimeZoneInfo.Utc,
            Width = Terminal.OutputWidth,
            Color = color == "always" || (color == "auto" && Terminal.HasColors),
        };
    }
}
