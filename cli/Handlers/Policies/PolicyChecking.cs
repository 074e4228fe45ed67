using System.Globalization;
using System.Text;
using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Connections;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Strings;
using TcpTracer.Replay.Policies;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Cli.Handlers.Policies;

/// <summary>Reports what given policies would have denied.</summary>
internal static class PolicyChecking
{
    private const int Nothing = 0, Denied = 1, Failure = 2, MostFollowed = 20_000;
    private const long MostBytes = 16 << 20;

    public static int Run(PolicyRequest request)
    {
        Outcome.OfFailure = Failure;
        StandardOutput.RequireOpen();
        if (request.Check.Concat(request.Files).Count(f => f == "-") > 1)
            throw new SelectionException("- is standard input, which can be read once: name it once");
        TraceFiles.RequireFiles(request.Files, request.Enrichment);
        var check = new PolicyCheck([.. request.Check.SelectMany(Policies)], PolicyHandler.Selected(request));
        TimeWindow times = EachTrace.Settle(request.Times, request.Files);
        TraceSelection selection = CallReading.Select(new Selection(), times, request.Enrichment);
        var tracker = new ConnectionTracker(check, MostFollowed) { IsNothingKept = true, CalledEnds = new CalledEnds() };
        (int worst, _) = CallReading.Read(request.Files, selection, tracker, tracker);
        tracker.Finish();
        Messages.SayCountedTwice(tracker);
        worst = EachTrace.Worse(worst, TraceEnds.SayOfAll(selection, times));
        if (check.Denied > 0)
            Print(check);
        if (worst == ExitCode.Failed && check.Judged == 0)
            return Failure;
        Messages.Say($"{Messages.Count(check.Allowed, "connection")} allowed, {check.Denied} denied; "
            + $"{check.NotJudged} not judged, because "
            + $"the trace does not tell the pod behind a service, the name of its port or the labels of its namespace; "
            + $"{check.Failed} failed, and are not looked at");
        return worst != ExitCode.Done ? Failure : check.Denied > 0 ? Denied : Nothing;
    }

    private static IReadOnlyList<GivenPolicy> Policies(string file)
    {
        Sentence name = file == "-" ? "standard input" : Sentence.File(file);
        try
        {
            using Stream stream = file == "-" ? Console.OpenStandardInput() : File.OpenRead(file);
            var bytes = new MemoryStream();
            var piece = new byte[64 * 1024];
            for (int count; (count = stream.Read(piece)) > 0;)
            {
                bytes.Write(piece, 0, count);
                if (bytes.Length > MostBytes)
                    throw new UserException($"{name}: this is more than {Messages.Size(MostBytes)}, too much for policies", Failure);
            }
            bytes.Position = 0;
            IReadOnlyList<GivenPolicy> policies = PolicyFile.Read(new StreamReader(bytes));
            return policies.Count > 0 ? policies
                : throw new UserException($"{name}: there is no NetworkPolicy of networking.k8s.io/v1 in it", Failure);
        }
        catch (PolicyFileException e)
        {
            string where = e.Line > 0 ? string.Create(CultureInfo.InvariantCulture, $", line {e.Line}") : "";
            throw new UserException($"{name}{where}: {e.Message}", Failure);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserException($"{name}: {WhyNotRead(file, e)}", Failure);
        }
    }

    private static Sentence WhyNotRead(string file, Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => "there is no such file",
        _ when Directory.Exists(file) => "this is a directory: name the files in it",
        UnauthorizedAccessException => "you may not read it",
        _ => e.Message.TrimEnd('.'),
    };

    private static void Print(PolicyCheck check)
    {
        string[][] rows =
        [
            ["FROM", "TO", "PORT", "COUNT", "EXAMPLE", "DENIED BY"],
            .. check.Denials.OrderByDescending(d => d.Value.Count)
                .ThenBy(d => d.Key.From.ToString(), StringComparer.Ordinal).Select(d => new[]
            {
                d.Key.From.ToString(), d.Key.To.ToString(), d.Key.Port == 0 ? "?" : d.Key.Port.ToString(CultureInfo.InvariantCulture),
                d.Value.Count.ToString(CultureInfo.InvariantCulture), d.Value.Example, Sentence.Of($"{d.Key.By}").ToString(),
            }),
        ];
        using var output = new StandardOutput();
        output.Write(Encoding.UTF8.GetBytes(PlainTable.Of(rows)));
    }
}
