using System.Text.Json;
using TcpTracer.Cli.Handlers.Capture;
using TcpTracer.Recorder.Machine;

namespace TcpTracer.Cli.Handlers.Diagnosis;

/// <summary>What <c>doctor</c> found, for programs. Scripts rely on names and order.</summary>
internal sealed record DoctorJson(
    bool CanRecord, string? WhyNot, IEnumerable<DoctorJson.FindingJson> Findings, IEnumerable<DoctorJson.SourceJson> Sources)
{
    internal sealed record FindingJson(string Subject, bool Works, bool Required, string Detail);

    internal sealed record SourceJson(string Name, bool Answers, string Detail);

    /// <summary>One line.</summary>
    /// <param name="obstacle">What keeps this machine from recording; null: nothing does.</param>
    public static string Write(IEnumerable<Finding> findings, IEnumerable<NameSource> sources, Finding? obstacle)
    {
        var found = new DoctorJson(obstacle is null, obstacle?.Detail,
            findings.Select(f => new FindingJson(f.Subject, f.Works, f.Required, f.Detail)),
            sources.Select(s => new SourceJson(s.Name, s.Answers, s.Detail)));
        return JsonSerializer.Serialize(found, ResultJson.Default.DoctorJson);
    }
}
