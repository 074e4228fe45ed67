using TcpTracer.Cli.Handlers.Agents;
using TcpTracer.Cli.Handlers.Capture;
using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Filter;
using TcpTracer.Recorder.Machine;
using TcpTracer.Recorder.Workloads;

namespace TcpTracer.Cli.Handlers.Diagnosis;

/// <summary>Says whether this machine can record, and which sources of names answer.</summary>
internal static class DoctorHandler
{
    /// <summary>Longer than a recording waits: here somebody wants to know what is wrong.</summary>
    private static readonly TimeSpan s_firstAnswers = TimeSpan.FromSeconds(10);

    public static int Run(SourceOptions options, bool json)
    {
        RefusedPrograms.RequireKnown();
        Shortage.RequireThreads();
        using AgentConnection? agent = FindAgent(out Finding? oddAgent);
        string? recorded = agent?.Status.File ?? OneRecorder.Find();
        IReadOnlyList<Finding> findings = MachineSupport.Examine(loadProbes: recorded is null);
        if (agent is not null)
            findings = [.. findings, Of(agent.Status), .. agent.Status.Refused.Select(Refused)];
        else if (recorded is not null)
            findings = [.. findings, new Finding("probes", true, true, LoadedAlready(recorded))];
        if (oddAgent is not null)
            findings = [.. findings, oddAgent];
        IReadOnlyList<NameSource> sources = Ask(options);
        Finding? obstacle = findings.FirstOrDefault(f => f is { Works: false, Required: true });
        if (json)
            Console.Out.WriteLine(DoctorJson.Write(findings, sources, obstacle, agent?.Status));
        else
            Print(findings, sources, obstacle);
        return obstacle is null ? ExitCode.Done : ExitCode.CannotRecord;
    }

    /// <summary>An agent that does not answer as it should is one finding among others.</summary>
    private static AgentConnection? FindAgent(out Finding? odd)
    {
        odd = null;
        try
        {
            return AgentConnection.Find();
        }
        catch (UserException e)
        {
            odd = new Finding("agent", false, false, e.Message);
            return null;
        }
    }

    private static string LoadedAlready(string file) =>
        $"loaded already: a recorder runs in this container{(file.Length > 0 ? $" and writes {file}" : "")}";

    /// <summary>What the agent of this container has recorded, which shows that the probes load.</summary>
    private static Finding Of(AgentStatus agent)
    {
        string lost = agent.Lost.Where(l => l.Value > 0).Select(l => $"{l.Value} {l.Key}").ToArray() is { Length: > 0 } all
            ? string.Join(", ", all) : "nothing";
        return new Finding("agent", true, true, Messages.Foreign(
            $"records since {TimeWindow.Moment(agent.Started.ToUnixTimeMilliseconds() * 1_000_000)} for {agent.Node} into {agent.File}; "
                + $"{Messages.Count(agent.Captured, "event")} so far, lost: {lost}; {Messages.Count(agent.Readers - 1, "reader")} "
                + "besides this one"));
    }

    private static Finding Refused(string sentence) => new("agent", false, false, Messages.Foreign(sentence));

    /// <summary>Asks the sources that a recording asks.</summary>
    private static IReadOnlyList<NameSource> Ask(SourceOptions options)
    {
        using var workloads = new LiveWorkloads(WorkloadSources.Find(options), _ => { });
        workloads.Start(s_firstAnswers);
        return [.. NameSource.Of(workloads.Tracker, options)];
    }

    private static void Print(IReadOnlyList<Finding> findings, IReadOnlyList<NameSource> sources, Finding? obstacle)
    {
        foreach (Finding finding in findings)
        {
            string verdict = finding.Works ? "ok     " : finding.Required ? "missing" : "limited";
            Messages.Print($"{verdict}  {finding.Subject}: {finding.Detail}");
        }
        foreach (NameSource source in sources)
            Messages.Print($"{(source.Answers ? "ok     " : source.IsThere ? "limited" : "none   ")}  names: {source}");
        if (obstacle is null)
            Messages.Print("This machine can record.");
        else if (obstacle.IsPrivilege)
            Messages.Print($"You may not record here: {obstacle.Detail}. Replay still works: `{Example.Show}`.");
        else
            Messages.Print($"This machine cannot record: {obstacle.Detail}. Replay still works: `{Example.Show}`.");
    }
}
