using System.CommandLine;
using TcpTracer.Cli.Handlers.Copies;
using TcpTracer.Cli.Help;

namespace TcpTracer.Cli.Commands;

internal static class MergeCommand
{
    private const string Auto = "auto", None = "none";

    public static Command Create()
    {
        var copy = new CopyOptions();
        var align = new ChoiceOption("--align", [], "HOW",
            "Set the clocks of other hosts right by connections that were seen at both ends (auto), or leave them (none)", Auto, None);
        var merge = new DocumentedCommand("merge", "Join traces into one, in the order of time", """
              tcptracer merge node-1.tct node-2.tct -o all.tct    both ends of a connection stand together
              tcptracer merge *.tct -o all.tct --failed           of a set, what failed
              tcptracer merge *.tct -o all.tct --align none       the times as they were recorded
            """) { align };
        merge.Notes = """
            What is of two hosts stays apart: each has its own process ids, namespaces and cgroups, and names its own pods.

            The field flow joins both ends of a connection.

            Times are those of the first file's clock. How far the others were ahead is said, and stays in the trace.
            """;
        copy.AddTo(merge);
        merge.SetAction(parsed => MergeHandler.Run(copy.Read(parsed), align.Read(parsed) == Auto));
        return merge;
    }
}
