using System.CommandLine;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Words;

namespace TcpTracer.Cli.Commands;

/// <summary>Of which time: for commands that read traces.</summary>
internal sealed class TimeOptions
{
    private const string Utc = "utc", Local = "local";
    private readonly Option<string?> _since = new("--since") { HelpName = "TIME", Description = "Only events from this time on: RFC 3339, an age such as 5m, or HH:MM[:SS] of the day on which the files begin (of the next day, if that is more than an hour before their first event)" };
    private readonly Option<string?> _until = new("--until") { HelpName = "TIME", Description = "Only events before this time, named in the same ways" };
    private readonly ChoiceOption _time = new("--time", [], "ZONE", "Of --since and --until where they name no zone: utc, or local for this machine's", Utc, Local);

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
            throw new SelectionException("--time is the zone of --since and --until, and neither is given: what is printed is always in UTC");
        return new TimeWindow(since, until, DateTimeOffset.UtcNow, local ? LocalZone() : TimeZoneInfo.Utc);
    }

    /// <summary>.NET reads the whole file that $TZ names, whatever that is.</summary>
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
