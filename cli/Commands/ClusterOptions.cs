using System.CommandLine;
using System.Text.RegularExpressions;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Strings;
using TcpTracer.Recorder.Workloads;

namespace TcpTracer.Cli.Commands;

/// <summary>Which cluster, and where in it the agents are.</summary>
internal sealed partial class ClusterOptions
{
    private const string UsualNamespace = "tcptracer";

    private readonly TextOption _kubeconfig = new("--kubeconfig", "CONFIG",
        "How to reach the cluster (default: as kubectl, $KUBECONFIG or ~/.kube/config)");
    private readonly TextOption _context = new("--context", "CONTEXT", "Context of the kubeconfig (default: its current one)");
    private readonly TextOption _namespace;
    private readonly Option<bool> _once = new("--once")
    {
        Description = "Without deploy: start an agent on each node, for as long as this command lasts",
    };

    private readonly TextOption _image = new("--image", "IMAGE", "Image of the agents");
    private bool _hasOnce, _hasImage;

    /// <param name="namespaceOption">The option that names the namespace of the agents.</param>
    /// <param name="alias">Its short name.</param>
    public ClusterOptions(string namespaceOption = "--agent-namespace", params string[] alias)
    {
        _namespace = new TextOption(namespaceOption, "NAMESPACE", $"Namespace of the agents (default {UsualNamespace})", alias);
    }

    public void AddTo(Command command, bool withOnce = false, bool withImage = false)
    {
        (_hasOnce, _hasImage) = (withOnce, withOnce || withImage);
        foreach (Option option in new Option[] { _namespace, _kubeconfig, _context })
            command.Options.Add(option);
        if (_hasOnce)
            command.Options.Add(_once);
        if (_hasImage)
            command.Options.Add(_image);
    }

    public ClusterRequest Read(ParseResult parsed)
    {
        string @namespace = parsed.GetValue(_namespace) ?? UsualNamespace;
        if (!NamespaceName().IsMatch(@namespace))
            throw new SelectionException($"{_namespace.Name} '{@namespace}': the name of one namespace is expected");
        bool once = _hasOnce && parsed.GetValue(_once);
        string? image = _hasImage ? parsed.GetValue(_image) : null;
        if (_hasOnce && !once && image is not null)
            throw new SelectionException("--image has no effect without --once: no agent is started");
        return new ClusterRequest
        {
            Sources = new SourceOptions { Kubeconfig = parsed.GetValue(_kubeconfig), Context = parsed.GetValue(_context) },
            AgentNamespace = @namespace,
            Once = once,
            Image = image,
        };
    }

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")]
    private static partial Regex NamespaceName();
}
