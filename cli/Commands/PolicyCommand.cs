using System.CommandLine;
using TcpTracer.Cli.Handlers.Policies;
using TcpTracer.Cli.Help;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Cli.Commands;

/// <summary>NetworkPolicies of what was seen.</summary>
internal static class PolicyCommand
{
    private const string Examples = """
          tcptracer policy trace.tct -n shop -o policies.yaml    allow what was seen
          tcptracer policy trace.tct | tcptracer policy --check - trace.tct    what policies would have denied
        """;

    private const string Notes = """
        One NetworkPolicy a workload, by labels that outlive its pods. At each rule a comment has its evidence:
        how many connections, when, and one of them.

        A selection such as -n shop says whose policies are written. Each has all that was seen of its workload in the time window.

        What failed gives no rule. What was not seen is not allowed: record long enough, and read the policies before you apply them.

        With --check the exit code is 0 if nothing would have been denied, 1 if something would, 2 for trouble, also a damaged trace.
        """;

    public static Command Create()
    {
        var files = new FileArguments();
        var check = new Option<string[]>("--check")
        {
            HelpName = "FILE",
            Description = "Tell what these policies would have denied; may be repeated, - is standard input",
            Arity = new ArgumentArity(1, 100),
            CustomParser = result => [.. result.Tokens.Select(t => t.Value)],
        };
        var output = new Option<string>("--output", "-o")
        {
            HelpName = "FILE",
            Description = "The file to write; without it, or with -, standard output",
            DefaultValueFactory = _ => "-",
        };
        var force = new Option<bool>("--force") { Description = "Overwrite the file to write if it exists" };
        var selection = new SelectionOptions();
        var times = new TimeOptions();
        var enrich = new EnrichOption();
        var policy = new DocumentedCommand("policy", "Write NetworkPolicies that allow what was seen, or check some", Examples)
        {
            output, force, check,
        };
        policy.Notes = Notes;
        files.AddTo(policy);
        selection.AddTo(policy);
        times.AddTo(policy);
        enrich.AddTo(policy);
        policy.SetAction(parsed =>
        {
            string[] checks = parsed.GetValue(check) ?? [];
            string? idle = checks.Length == 0 ? null
                : parsed.GetResult(output) is { Implicit: false } ? "-o" : parsed.GetValue(force) ? "--force" : null;
            if (idle is not null)
                throw new SelectionException($"{idle} has no effect with --check, which prints what would have been denied");
            return PolicyHandler.Run(new PolicyRequest
            {
                Files = files.Read(parsed),
                Check = checks,
                Output = parsed.GetValue(output)!,
                Force = parsed.GetValue(force),
                Selection = selection.Read(parsed),
                Times = times.Read(parsed),
                Enrichment = enrich.Read(parsed),
            });
        });
        return policy;
    }
}
