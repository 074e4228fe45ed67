using System.Text;
using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Connections;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Traces;
using TcpTracer.Replay.Policies;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Cli.Handlers.Policies;

/// <summary>Writes NetworkPolicies that allow what is in traces.</summary>
internal static class PolicyHandler
{
    private const int MostFollowed = 20_000;

    public static int Run(PolicyRequest request)
    {
        if (request.Check.Count > 0)
            return PolicyChecking.Run(request);
        if (request.ToStandardOutput)
            StandardOutput.RequireOpen();
        TraceFiles.RequireFiles(request.Files, request.Enrichment);
        TimeWindow times = EachTrace.Settle(request.Times, request.Files);
        TraceSelection selection = CallReading.Select(new Selection(), times, request.Enrichment);
        FileIdentity[] inputs = TraceFiles.IdentitiesOf(request.Files);
        using var unfinished = new UnfinishedFile();
        using Stream output = TraceFiles.Create(request.Output, request.Force ? IfExists.Overwrite : IfExists.Refuse, null, inputs);
        var table = new PolicyTable(Selected(request));
        var tracker = new ConnectionTracker(table, MostFollowed) { IsNothingKept = true, CalledEnds = new CalledEnds() };
        (int worst, _) = CallReading.Read(request.Files, selection, tracker, tracker);
        tracker.Finish();
        Messages.SayCountedTwice(tracker);
        worst = EachTrace.Worse(worst, TraceEnds.SayOfAll(selection, times));
        if (worst != ExitCode.Failed || table.Connections > 0)
            Write(table, selection, request, output);
        return worst;
    }

    /// <summary>Whom the selection of a request means.</summary>
    public static SelectedEnds Selected(PolicyRequest request) =>
        new(request.Selection.Describe().Length == 0 ? null : new EventFilter(request.Selection.ForConnections()));

    private static void Write(PolicyTable table, TraceSelection selection, PolicyRequest request, Stream output)
    {
        void Put(string text) => output.Write(Encoding.UTF8.GetBytes(text));
        IReadOnlyList<SeenPolicy> policies = table.Policies();
        Put(PolicyYaml.Comment("", $"NetworkPolicies that allow what was seen, by {ProgramVersion.NameAndVersion}. "
            + $"What was not seen is not allowed: read them before you apply them"));
        string narrowed = request.Selection.Describe();
        if (narrowed.Length > 0)
            Put(PolicyYaml.Comment("", $"for the workloads of {narrowed}: each policy allows all that was seen of its workload"));
        if (table.Nodes.Count is > 0 and < PolicyTable.MostNodes)
            Put(PolicyYaml.Comment("", $"recorded on {string.Join(", ", table.Nodes)}: what pods did on other nodes is not allowed"));
        foreach (Sentence lost in TraceEnds.LostIn(selection.Findings))
            Put(PolicyYaml.Comment("", lost));
        if (selection.Findings.Damages.Count > 0)
            Put(PolicyYaml.Comment("", $"the trace is damaged: what could not be read is not allowed"));
        if (table.OfHostNetwork > 0)
        {
            Put(PolicyYaml.Comment("", $"{Messages.Count(table.OfHostNetwork, "connection")} of pods in the network of their host: "
                + $"policies do not apply to these pods, and rules see them as addresses of their nodes"));
        }
        if (table.WithoutPod > 0)
            Put(PolicyYaml.Comment("", $"{Messages.Count(table.WithoutPod, "connection")} of which no end is a known pod: no rule"));
        if (table.LeftOut > 0)
        {
            string leftOut = Messages.Count(table.LeftOut, "connection");
            Put(PolicyYaml.Comment("", $"{leftOut} left out: too many different ones; select fewer events"));
        }
        var taken = new HashSet<(string, string)>();
        foreach (SeenPolicy policy in policies)
            Put(PolicyYaml.Write(policy, PolicyYaml.NameOf(policy.Workload, taken), table.LabelsOf));
        if (policies.Count == 0 && narrowed.Length > 0)
            Messages.Say($"no pod of {narrowed} has a connection: there is nothing to write a policy for");
        else if (policies.Count == 0)
            Messages.Say($"no end of any connection is a known pod: there is nothing to write a policy for");
        if (output is not TraceOutput file)
            return;
        long size = file.WholeBytes;
        file.PlaceWhole();
        int written = policies.Count(PolicyYaml.IsPossible);
        string count = Messages.Count(written, "policy", "policies");
        Messages.Line($"{count} written to {Sentence.File(request.Output)} ({Messages.Size(size)})");
    }
}
