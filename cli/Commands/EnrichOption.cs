using System.CommandLine;
using TcpTracer.Replay.Names;

namespace TcpTracer.Cli.Commands;

/// <summary>Which names events are shown with: for commands that read traces.</summary>
internal sealed class EnrichOption
{
    private const string AsSeen = "as-seen", Hindsight = "hindsight";
    private readonly ChoiceOption _enrich = new("--enrich", [], "HOW",
        "Name pods as they were known at the event (as-seen), or also with what became known later (hindsight)", AsSeen, Hindsight);

    public void AddTo(Command command) => command.Options.Add(_enrich);

    public Enrichment Read(ParseResult parsed) => _enrich.Read(parsed) == Hindsight ? Enrichment.Hindsight : Enrichment.AsSeen;
}
