using System.CommandLine;
using TcpTracer.Formats.Pipeline;

namespace TcpTracer.Cli.Commands;

/// <summary>Of which time: for commands that read traces.</summary>
internal sealed class TimeOptions
{
    private readonly Option<string?> _since = new("--since") { HelpName = "TIME", Description = "Only events from this time on: RFC 3339, HH:MM (UTC), or an age such as 5m" };
    private readonly Option<string?> _until = new("--until") { HelpName = "TIME", Description = "Only events before this time" };

    public void AddTo(Command command)
    {
        command.Options.Add(_since);
        command.Options.Add(_until);
    }

    public TimeWindow Read(ParseResult parsed) => new(parsed.GetValue(_since), parsed.GetValue(_until), DateTimeOffset.UtcNow);
}
