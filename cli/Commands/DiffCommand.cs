using System.CommandLine;
using TcpTracer.Cli.Handlers.Comparison;
using TcpTracer.Cli.Help;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;

namespace TcpTracer.Cli.Commands;

/// <summary>What differs between two traces: who calls whom, what fails, how long it takes.</summary>
internal static class DiffCommand
{
    private const string Examples = """
          tcptracer diff node-1.tct node-2.tct               what differs, in sections
          tcptracer diff node-1.tct node-2.tct -n shop -o json    an object a difference
          tcptracer diff node-1.tct node-2.tct --min-ratio 3 --significance 0.001    only what is large and certain
          tcptracer diff trace.tct trace.tct.gz && echo nothing has changed
        """;

    private const string Notes = """
        Who calls whom is compared by what outlives a run: the owners of pods, services, commands,
        and blocks of public addresses (/24, /48).

        A difference must be larger than --min-ratio, and less probable by chance than --significance,
        adjusted for all tests that are made. Only edges that appeared or vanished are shown always.

        Exit code: 0 nothing differs, 1 something differs, 2 trouble, also a damaged trace. This is as in diff(1).
        """;

    public static Command Create()
    {
        var files = new FileArguments("Two trace files: before, and after; - is standard input", ArgumentArity.OneOrMore);
        var significance = new TextOption("--significance", "SHARE", "How much chance may be among the differences (0.01)");
        var ratio = new TextOption("--min-ratio", "RATIO", "Only what has changed by this factor or more (1.5)");
        var output = new ChoiceOption("--output", ["-o"], "FORMAT", "columns or json", "columns", "json");
        var selection = new SelectionOptions();
        var times = new TimeOptions();
        var enrich = new EnrichOption();
        var diff = new DocumentedCommand("diff", "Compare two traces: what appeared, vanished, fails, became slower or more", Examples)
        {
            significance, ratio, output,
        };
        diff.Notes = Notes;
        files.AddTo(diff);
        selection.AddTo(diff);
        times.AddTo(diff);
        enrich.AddTo(diff);
        diff.SetAction(parsed =>
        {
            (string before, string after) = TwoOf(files.Read(parsed));
            return DiffHandler.Run(new DiffRequest
            {
                Before = before,
                After = after,
                Significance = Between(significance, parsed.GetValue(significance) ?? "0.01", 0, 1),
                MinRatio = Between(ratio, parsed.GetValue(ratio) ?? "1.5", 1, 1e9),
                Json = output.Read(parsed) == "json",
                Selection = selection.Read(parsed),
                Times = times.Read(parsed),
                Enrichment = enrich.Read(parsed),
            });
        });
        return diff;
    }

    private static (string Before, string After) TwoOf(string[] files) => files is [var before, var after]
        ? (before, after)
        : throw new SelectionException("two traces are compared: name the earlier and the later one, as in tcptracer diff a.tct b.tct");

    private static double Between(Option option, string text, double least, double most) =>
        Quantity.TryNumber(text) is { } value && (double)value is var number && number >= least && number <= most
            ? number
            : throw new SelectionException($"{option.Name} '{text}': a number from {least} to {most} is expected");
}
