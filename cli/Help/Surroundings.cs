using System.CommandLine;
using TcpTracer.Cli.Handlers.Agents;
using TcpTracer.Cli.Handlers.Capture;

namespace TcpTracer.Cli.Help;

/// <summary>What the program takes from around it without being told on the command line: an environment variable, or a file.</summary>
/// <param name="Name">Of the variable, or of the file.</param>
/// <param name="Meaning">What it does.</param>
/// <param name="Of">Commands, or options, of which a command must have one to be concerned; empty: all commands are.</param>
internal sealed record Surroundings(string Name, string Meaning, params string[] Of)
{
    /// <summary>The page of <c>tcptracer help</c> that lists them.</summary>
    public const string Topic = "environment";

    private const string Records = "--buffer-size"; // what every command has that may load probes

    /// <summary>Environment variables, in the order of the page.</summary>
    public static IReadOnlyList<Surroundings> Variables { get; } =
    [
        new("COLUMNS", "How wide help and tables are; else as wide as the terminal"),
        new("TERM", "If it is empty or dumb, nothing is coloured or drawn on the terminal"),
        new("NO_COLOR", "If it is not empty, short has no colours, unless --color asks for them", "--color"),
        new("TZ", "The time zone of --time local; else that of this machine", "--time"),
        new("TZDIR", "Where the files of time zones are (default /usr/share/zoneinfo)", "--time"),
        new("KUBECONFIG", "The kubeconfig, or several with colons between; --kubeconfig goes before it", "--kubeconfig"),
        new("KUBERNETES_SERVICE_HOST", "With KUBERNETES_SERVICE_PORT: where the Kubernetes API is, as pods are told", "--kubeconfig"),
        new("HTTPS_PROXY", "The way to the Kubernetes API, except for hosts in NO_PROXY; proxy-url of the kubeconfig goes before it",
            "--kubeconfig"),
        new("SSL_CERT_FILE", "Certificates of authorities, where the kubeconfig names none", "--kubeconfig"),
        new("DOTNET_OPENSSL_VERSION_OVERRIDE", "The version of OpenSSL to look for first; else 3, then 1.1", "--kubeconfig"),
        new("CONTAINER_RUNTIME_ENDPOINT", "Socket of the container runtime; --runtime-endpoint goes before it", "--runtime-endpoint"),
        new("NODE_NAME", "Name of this node in the output; --node-name goes before it", "--node-name"),
        new("SUDO_UID", "The user as whom the command of record runs; --user goes before it", "--user"),
        new(AgentConnection.VariableName, "Where the agent listens. If it is set, live output, top, record and doctor use the agent",
            "agent", "stream", "doctor", Records),
        new(OneRecorder.VariableName, "If it is not empty, one process at a time may record, as in the container image", Records),
    ];

    /// <summary>Files, in the order of the page.</summary>
    public static IReadOnlyList<Surroundings> Files { get; } =
    [
        new("~/.kube/config", "The kubeconfig, where nothing names another", "--kubeconfig"),
        new("/var/run/secrets/kubernetes.io/serviceaccount", "How a pod reaches the Kubernetes API", "--kubeconfig"),
        new("/etc/crictl.yaml", "Names the socket of the container runtime, as it does for crictl", "--runtime-endpoint"),
        new(AgentConnection.UsualPath, "Where the agent listens, unless it is told otherwise", "agent", "stream"),
        new("/run/netns", "The network namespaces that --netns takes by name", "--netns"),
        new("/sys/kernel/btf/vmlinux", "The types of this kernel: without it nothing can be recorded", "doctor", Records),
    ];

    /// <summary>The page, as <see cref="HelpText"/> takes it.</summary>
    public static string Text => $"""
        ENVIRONMENT

        {RowsOf(Variables)}
        FILES

        {RowsOf(Files)}
        EXAMPLES

          KUBECONFIG=~/.kube/other tcptracer doctor
          TZ=Europe/Berlin tcptracer show trace.tct -o wide --time local
        """;

    /// <summary>Whether a command is concerned.</summary>
    public bool Concerns(Command command) =>
        Of.Length == 0 || Of.Any(of => of == command.Name || command.Options.Any(o => o.Name == of));

    private static string RowsOf(IEnumerable<Surroundings> all) => string.Concat(all.Select(s => $"  {s.Name}  {s.Meaning}\n"));
}
