using System.Text;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Strings;
using TcpTracer.Replay.Summaries;

namespace TcpTracer.Cli.Handlers.Summaries;

/// <summary>The commands that show the rows behind a page.</summary>
internal static class SummaryHints
{
    /// <summary>Writes those that would show something.</summary>
    public static void Write(StringBuilder text, TraceOverview overview, SummaryRequest request)
    {
        const int few = 3;
        Sentence files = request.Files.Count > few || request.Files.Contains("-") ? "FILE..."
            : Sentence.Join(" ", request.Files.Select(Sentence.File));
        ConnectionOverview connections = overview.Connections;
        text.Append("\nThe rows behind this page\n");
        void Hint(string command, Selection selection, string options)
        {
            string selected = string.Join(' ', new[] { selection.Describe(), request.Times.DescribeMoments() }.Where(o => o.Length > 0));
            Sentence typed = Sentence.AlreadyClean(selected.Length > 0 ? $" {selected}" : "");
            text.Append(Sentence.Of($"  tcptracer {command} {files}{typed}{Sentence.AlreadyClean(options)}\n"));
        }
        Selection all = request.Selection;
        if (overview.CountOf(Operation.ConnectFailed) > 0)
            Hint("show", all with { Failed = true }, "");
        if (connections.CountOf(ConnectionState.Reset) > 0)
            Hint("show", With(all, "reason in (reset, reset-sent, reset-received, timed-out, killed, aborted)"), "");
        if (connections.SlowestConnects.Any() && all.Op is null)
            Hint("show", all with { Op = "connect" }, " --sort=-latency_ns --first 10");
        Hint("show", all, " --connections --sort=-received --first 10");
        Hint("summary", all, " --by comm,dst");
    }

    private static Selection With(Selection selection, string expression) =>
        selection with { Filter = selection.Filter is { } own ? $"({own}) and {expression}" : expression };
}
