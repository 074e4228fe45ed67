using System.CommandLine;
using TcpTracer.Formats.Strings;
using TcpTracer.Recorder.Workloads;

namespace TcpTracer.Cli.Commands;

/// <summary>Who is asked for names of pods and containers: for live, record and doctor.</summary>
internal sealed class SourceCommandOptions
{
    private readonly Option<string?> _kubeconfig = new("--kubeconfig")
    {
        HelpName = "FILE",
        Description = "How to reach the Kubernetes API (default: $KUBECONFIG, ~/.kube/config, or the pod's service account)",
    };

    private readonly Option<string?> _context = new("--context")
    {
        HelpName = "NAME",
        Description = "Context of the kubeconfig (default: its current one)",
    };

    private readonly Option<string?> _runtimeEndpoint = new("--runtime-endpoint")
    {
        HelpName = "SOCKET",
        Description = "Socket of the container runtime (default: that of containerd or CRI-O at its usual place)",
    };

    private readonly Option<bool> _noKubernetes = new("--no-kubernetes")
    {
        Description = "Ask neither the Kubernetes API nor a container runtime for names",
    };

    public Option[] All => [_kubeconfig, _context, _runtimeEndpoint, _noKubernetes];

    public void AddTo(Command command)
    {
        foreach (Option option in All)
            command.Options.Add(option);
    }

    public SourceOptions Read(ParseResult parsed)
    {
        Option<string?>? unused = new[] { _kubeconfig, _context, _runtimeEndpoint }.FirstOrDefault(o => parsed.GetValue(o) is not null);
        if (parsed.GetValue(_noKubernetes) && unused is not null)
            throw new SelectionException($"{unused.Name} says whom to ask for names, --no-kubernetes to ask nobody: choose one");
        return ReadSources(parsed);
    }

    private SourceOptions ReadSources(ParseResult parsed) => new()
    {
        Kubeconfig = parsed.GetValue(_kubeconfig),
        Context = parsed.GetValue(_context),
        RuntimeEndpoint = parsed.GetValue(_runtimeEndpoint),
        NoKubernetes = parsed.GetValue(_noKubernetes),
    };
}
