using System.CommandLine;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Words;

namespace TcpTracer.Cli.Commands;

/// <summary>Which part of the time: for commands that read traces. <c>tcptracer help times</c> explains the forms.</summary>
internal sealed class TimeOptions
{
    private const string Utc = "utc", Local = "local";
    private readonly TextOption _since = new("--since", "TIME", "Only from here on: HH:MM, an age as 5m, or RFC 3339");
    private readonly TextOption _until = new("--until", "TIME", "Only before this time, in the same forms");
    private readonly ChoiceOption _time = new("--time", [], "ZONE", "Zone of --since and --until: utc or local", Utc, Local);

    public void AddTo(Command command)
    {
        command.Options.Add(_since);
        command.Options.Add(_until);
        command.Options.Add(_time);
    }

    public TimeWindow Read(ParseResult parsed)
    {
        (string? since, string? until) = (parsed.GetValue(_since), parsed.GetValue(_until));
        bool local = _time.Read(parsed) == Local;
        if (since is null && until is null && parsed.GetResult(_time) is { Implicit: false })
            throw new SelectionException("--time is the zone of --since and --until, and neither is given; all output is in UTC");
        return new TimeWindow(since, until, DateTimeOffset.UtcNow, local ? LocalZone() : TimeZoneInfo.Utc);
    }

    /// <summary>.NET reads all of the file that $TZ names, also where that never ends. So we read it first, within our limits.</summary>
    private static TimeZoneInfo LocalZone()
    {
        string name = (Environment.GetEnvironmentVariable("TZ") ?? "").TrimStart(':');
        string folder = Environment.GetEnvironmentVariable("TZDIR") is { Length: > 0 } given ? given : "/usr/share/zoneinfo";
        string file = Path.Combine(folder, name);
        try
        {
            if (name.Length > 0 && GivenFile.Exists(file))
                GivenFile.ReadBytes(file);
            return TimeZoneInfo.Local;
        }
        catch (GivenFileException e)
        {
            throw new SelectionException($"--time local: $TZ names {file}, which cannot be read: {e.Reason}");
        }
    }
}
