using System.Text.Json;
using TcpTracer.Cli.Handlers.Agents;
using TcpTracer.Cli.Handlers.Capture;
using TcpTracer.Recorder.Machine;

namespace TcpTracer.Cli.Handlers.Diagnosis;

/// <summary>What <c>doctor</c> found, for programs. Scripts rely on names and order.</summary>
internal sealed record DoctorJson(
    bool CanRecord, string? WhyNot, IEnumerable<DoctorJson.FindingJson> Findings, IEnumerable<DoctorJson.SourceJson> Sources,
    AgentStatus? Agent)
{
    internal sealed record FindingJson(string Subject, bool Works, bool Required, string Detail);

    internal sealed record SourceJson(string Name, bool Answers, string Detail);

    /// <summary>One line.</summary>
    /// <param name="findings">Of this machine.</param>
    /// <param name="sources">Who is asked for names.</param>
    /// <param name="obstacle">What keeps this machine from recording; null: nothing does.</param>
    /// <param name="agent">Who records in this container already; null: nobody.</param>
    public static string Write(
        IEnumerable<Finding> findings, IEnumerable<NameSource> sources, Finding? obstacle, AgentStatus? agent)
    {
        var found = new DoctorJson(obstacle is null, obstacle?.Detail,
            findings.Select(f => new FindingJson(f.Subject, f.Works, f.Required, f.Detail)),
            sources.Select(s => new SourceJson(s.Name, s.Answers, s.Detail)), agent);
        return JsonSerializer.Serialize(found, ResultJson.Default.DoctorJson);
    }
}
