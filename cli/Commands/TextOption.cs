using System.CommandLine;

namespace TcpTracer.Cli.Commands;

/// <summary>An option that takes a text.</summary>
internal sealed class TextOption : Option<string?>
{
    /// <param name="name">With its dashes.</param>
    /// <param name="help">What stands for the text in help.</param>
    /// <param name="description">One line.</param>
    /// <param name="aliases">Other names.</param>
    public TextOption(string name, string help, string description, params string[] aliases)
        : base(name, aliases)
    {
        HelpName = help;
        Description = description;
    }
}
