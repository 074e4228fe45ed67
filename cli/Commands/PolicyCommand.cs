using System.CommandLine;
using TcpTracer.Cli.Handlers;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Words;

namespace TcpTracer.Cli.Commands;

/// <summary>NetworkPolicies of what was seen.</summary>
internal static class PolicyCommand
{
    private const string Examples = """
          tcptracer policy trace.tct -n shop > policies.yaml    allow what was seen
        """;

    private const string Notes = """
        One NetworkPolicy a workload, by labels that outlive its pods. At each rule a comment has its evidence: how many connections, when, and one of them.

        What failed gives no rule. What was not seen is not allowed: record long enough, and read the policies before you apply them.
        """;

    public static Command Create()
    {
        var files = new FileArguments();
        var selection = new SelectionOptions();
        var times = new TimeOptions();
        var enrich = new EnrichOption();
        var policy = new TaughtCommand("policy", "Write NetworkPolicies that allow what was seen, or check some", Examples);
        policy.Notes = Notes;
        files.AddTo(policy);
        selection.AddTo(policy);
        times.AddTo(policy);
        enrich.AddTo(policy);
        policy.SetAction(parsed => PolicyHandler.Run(new PolicyRequest
        {
            Files = files.Read(parsed),
            Selection = selection.Read(parsed),
            Times = times.Read(parsed),
            Enrichment = enrich.Read(parsed),
        }));
        return policy;
    }
}
