using System.Text;
using System.Text.Json;
using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Sentences;
using TcpTracer.Recorder;
using TcpTracer.Recorder.Live;
using TcpTracer.Recorder.Workloads;

namespace TcpTracer.Cli.Handlers;

/// <summary>Says what this machine can record, and who tells names.</summary>
internal static class DoctorHandler
{
    public static int Run(SourceOptions options, bool json)
    {
        RefusedPrograms.RequireKnown();
        Shortage.RequireThreads();
        string? recorded = OneRecorder.Find();
        IReadOnlyList<Finding> findings = MachineSupport.Examine(loadProbes: recorded is null);
        if (recorded is not null)
            findings = [.. findings, new Finding("probes", true, true, $"loaded already: a recorder runs in this container{(recorded.Length > 0 ? $" and writes {recorded}" : "")}")];
        IReadOnlyList<NameSource> sources = Ask(options);
        Finding? obstacle = findings.FirstOrDefault(f => f is { Works: false, Required: true });
        if (json)
            Console.Out.WriteLine(Json(findings, sources, obstacle));
        else
            Print(findings, sources, obstacle);
        return obstacle is null ? ExitCode.Done : ExitCode.CannotRecord;
    }

    /// <summary>As a recording does, and for as long.</summary>
    private static IReadOnlyList<NameSource> Ask(SourceOptions options)
    {
        using var workloads = new LiveWorkloads(WorkloadSources.Find(options), _ => { });
        workloads.Start(NamedCapture.FirstAnswers);
        return [.. NameSource.Of(workloads.Tracker, options)];
    }

    private static void Print(IReadOnlyList<Finding> findings, IReadOnlyList<NameSource> sources, Finding? obstacle)
    {
        foreach (Finding finding in findings)
            Messages.Print($"{(finding.Works ? "ok     " : finding.Required ? "missing" : "limited")}  {finding.Subject}: {finding.Detail}");
        foreach (NameSource source in sources)
            Messages.Print($"{(source.Answers ? "ok     " : source.IsThere ? "limited" : "none   ")}  names: {source}");
        Messages.Print(obstacle is null ? "This machine can record." : $"{(obstacle.IsPrivilege ? "You may not record here" : "This machine cannot record")}: {obstacle.Detail}. Replay still works: `{Example.Show}`.");
    }

    private static string Json(IReadOnlyList<Finding> findings, IReadOnlyList<NameSource> sources, Finding? obstacle)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteBoolean("can_record", obstacle is null);
            if (obstacle is not null)
                json.WriteString("why_not", obstacle.Detail);
            json.WriteStartArray("findings");
            foreach (Finding finding in findings)
            {
                json.WriteStartObject();
                json.WriteString("subject", finding.Subject);
                json.WriteBoolean("works", finding.Works);
                json.WriteBoolean("required", finding.Required);
                json.WriteString("detail", finding.Detail);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteStartArray("sources");
            foreach (NameSource source in sources)
            {
                json.WriteStartObject();
                json.WriteString("name", source.Name);
                json.WriteBoolean("answers", source.Answers);
                json.WriteString("detail", source.Detail);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
