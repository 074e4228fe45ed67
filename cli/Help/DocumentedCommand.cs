using System.CommandLine;

namespace TcpTracer.Cli.Help;

/// <summary>A command whose help has examples.</summary>
/// <param name="name">Its name.</param>
/// <param name="description">What it does.</param>
/// <param name="examples">Lines to try, each with a word about it, as <see cref="Help.HelpText"/> takes rows.</param>
internal sealed class DocumentedCommand(string name, string description, string examples) : Command(name, description)
{
    /// <summary>Lines to try.</summary>
    public string Examples { get; } = examples;

    /// <summary>What is to be known besides, in prose; null: nothing.</summary>
    public string? Notes { get; set; }
}
