using System.CommandLine;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Cli.Commands;

/// <summary>Which part of the time: for commands that read traces. <c>tcptracer help times</c> explains the forms.</summary>
internal sealed class TimeOptions
{
    private const string Utc = "utc", Local = "local";
    private readonly TextOption _since = new("--since", "TIME", "Only from here on: HH:MM, an age as 5m, or RFC 3339");
    private readonly TextOption _until = new("--until", "TIME", "Only before this time, in the same forms");
    private readonly ChoiceOption _time;
    private readonly StyleOptions? _style;

    /// <param name="style">
    /// Of a command whose <c>--time</c> says how times are printed, too; null: it says only in which zone they are given.
    /// </param>
    public TimeOptions(StyleOptions? style = null)
    {
        _style = style;
        _time = style?.Time ?? new ChoiceOption("--time", [], "ZONE", "Zone of --since and --until: utc or local", Utc, Local);
    }

    public void AddTo(Command command)
    {
        command.Options.Add(_since);
        command.Options.Add(_until);
        if (_style is null)
            command.Options.Add(_time);
    }

    /// <summary>Whether a time is given.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetValue(_since) is not null || parsed.GetValue(_until) is not null;

    public TimeWindow Read(ParseResult parsed)
    {
        (string? since, string? until) = (parsed.GetValue(_since), parsed.GetValue(_until));
        bool local = _time.Read(parsed) == Local;
        if (_style is null && since is null && until is null && parsed.GetResult(_time) is { Implicit: false })
            throw new SelectionException("--time is the zone of --since and --until, and neither is given; all output is in UTC");
        return new TimeWindow(since, until, DateTimeOffset.UtcNow, local ? LocalTimes.Zone : TimeZoneInfo.Utc);
    }
}
