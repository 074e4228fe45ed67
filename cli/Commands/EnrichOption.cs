using System.CommandLine;
using TcpTracer.Replay;

namespace TcpTracer.Cli.Commands;

/// <summary>By what names events are shown: for commands that read traces.</summary>
internal sealed class EnrichOption
{
    private const string AsSeen = "as-seen", Hindsight = "hindsight";
    private readonly Option<string> _enrich = new("--enrich") { HelpName = "HOW", Description = "Name pods by what was known when it was recorded (as-seen), or with what became known later (hindsight)", DefaultValueFactory = _ => AsSeen };

    public EnrichOption() => _enrich.AcceptOnlyFromAmong(AsSeen, Hindsight);

    public void AddTo(Command command) => command.Options.Add(_enrich);

    public Enrichment Read(ParseResult parsed) => parsed.GetValue(_enrich) == Hindsight ? Enrichment.Hindsight : Enrichment.AsSeen;
}
