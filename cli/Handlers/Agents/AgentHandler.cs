using TcpTracer.Cli.Handlers.Capture;
using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Cli.Handlers.Agents;

/// <summary>The agent of a node, and the stream of what it records.</summary>
internal static class AgentHandler
{
    /// <summary>Whoever reads a stream through an API server takes a minute of silence for a broken connection.</summary>
    private static readonly TimeSpan s_longestSilence = TimeSpan.FromSeconds(10);

    /// <summary>Records into a set of files, and tells readers where they are.</summary>
    public static int Run(RecordRequest request, string socketPath)
    {
        using var socket = new AgentSocket(socketPath);
        return RecordHandler.Run(request, socket);
    }

    /// <summary>Writes a trace to standard output, until its window is over or nobody wants more.</summary>
    /// <param name="socketPath">Where the agent listens.</param>
    /// <param name="selection">Which events.</param>
    /// <param name="times">The window.</param>
    /// <param name="follow">Whether it goes on with what comes.</param>
    public static int Stream(string socketPath, Selection selection, TimeWindow times, bool follow)
    {
        StandardOutput.RequireOpen();
        if (!Console.IsOutputRedirected)
            throw new SelectionException("a trace is binary: redirect standard output, as in `tcptracer agent stream >copy.tct`");
        Signals.HearInterrupts();
        using AgentConnection connection = AgentConnection.Require(socketPath);
        using var output = new StandardOutput();
        var copy = new AgentCopy(connection.Status, selection, times, output, () => StandardOutput.IsAbandoned)
        {
            LongestSilence = s_longestSilence,
        };
        using var signals = new Signals(_ => copy.Stop(), () => Messages.Say($"{Messages.Count(copy.Read.Passed, "event")} written"));
        if (follow)
            EndWithInput(copy);
        try
        {
            int status = copy.Run(follow);
            TraceEnds.SayUnknown(copy.Read.Findings, "left out");
            Messages.SayLost(copy.Lost, hooksSkipped: 0);
            return status;
        }
        catch (IOException e) when (StandardOutput.IsBrokenPipe(e))
        {
            return ExitCode.Done; // the reader has enough
        }
    }

    /// <summary>
    /// Ends the stream when standard input ends, if that is a pipe: somebody far away who has gone closes it, but sends no signal.
    /// </summary>
    private static void EndWithInput(AgentCopy copy)
    {
        if (FileFacts.OfDescriptor(StandardDescriptor.Input) is not { Kind: FileKind.Pipe })
            return;
        var waiting = new Thread(() =>
        {
            using Stream input = Console.OpenStandardInput();
            byte[] ignored = new byte[64];
            while (input.Read(ignored) > 0)
            {
                // only the end counts
            }
            copy.Stop();
        })
        { IsBackground = true };
        waiting.Start();
    }
}
