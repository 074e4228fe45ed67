using System.CommandLine;

namespace TcpTracer.Cli.Help;

/// <summary>Options that stand together in <c>--help</c>. The one place that says where an option stands.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="IsCommon">Whether <c>-h</c> shows it, too: some twenty options of a command, which fit on a screen.</param>
/// <param name="Options">Names, in the order of the page. Where a name has several meanings, with its value: <c>--output FILE</c>.</param>
internal sealed record OptionGroup(string Title, bool IsCommon, params string[] Options)
{
    /// <summary>All groups, in the order of the page: the common ones first.</summary>
    public static IReadOnlyList<OptionGroup> All { get; } =
    [
        new("Trace file", true, "--to", "--output FILE", "--socket", "--force"),
        new("Merging", true, "--align"),
        new("Redaction", true, "--key", "--keep FIELDS", "--keep-private", "--shift-time", "--prove"),
        new("Which part of the files", true, "--follow", "--first", "--last", "--sort", "--since", "--until", "--time ZONE"),
        new("Comparison", true, "--significance", "--min-ratio"),
        new("Policies", true, "--check"),
        new("Groups", true, "--by", "--every", "--limit", "--explain"),
        new("Selection", true, "--comm", "--pid", "--port", "--addr", "--op", "--failed", "--filter",
            "--namespace NAMES", "--podname", "--containername", "--selector", "--all-namespaces"),
        new("Output", true, "--print", "--connections", "--output FORMAT", "--format", "--fields", "--man"),
        new("Limits", true, "--duration", "--count", "--delay"),
        new("Sets of files", false, "--rotate-size", "--rotate-every", "--rotate-aligned", "--keep N"),
        new("Flight recorder", false, "--ring", "--dump-on", "--dump-after", "--dump-pause", "--dump-on-exit", "--no-dump-on-exit"),
        new("Folders", false, "--partition"),
        new("More selection", false, "--uid", "--netns", "--node", "--existing"),
        new("More output", false, "--time FORM", "--color", "--no-headers", "--with-status"),
        new("Cluster", false, "--namespace NAMESPACE", "--image", "--timeout", "--agent-namespace", "--once", "--kubeconfig CONFIG",
            "--context CONTEXT"),
        new("Names of pods", false, "--kubeconfig FILE", "--context NAME", "--runtime-endpoint", "--no-kubernetes", "--node-name",
            "--metadata",
            "--enrich"),
        new("Recording", false, "--user", "--progress-every", "--args", "--fail-on-loss", "--buffer-size", "--max-connections"),
        new("General", false, "--verbose", "--help", "--version"),
    ];

    /// <summary>Which of a command's options stand here, in their order.</summary>
    public IEnumerable<Option> Of(IReadOnlyCollection<Option> options) =>
        Options.SelectMany(name => options.Where(o => o.Name == name || $"{o.Name} {o.HelpName}" == name));
}
