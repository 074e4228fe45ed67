using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace TcpTracer.Cli.Commands;

/// <summary>A command whose help ends with examples.</summary>
/// <param name="name">Its name.</param>
/// <param name="description">What it does.</param>
/// <param name="examples">Lines to try, each with a word about it.</param>
internal sealed class TaughtCommand(string name, string description, string examples) : Command(name, description)
{
    public string Examples { get; } = examples;
}

/// <summary>The usual help, then the examples: the last lines are what is on the screen.</summary>
/// <param name="usual">What System.CommandLine prints.</param>
/// <param name="rootLesson">What is printed after the root command's help.</param>
internal sealed class TeachingHelp(SynchronousCommandLineAction usual, string rootLesson) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parsed)
    {
        int result = usual.Invoke(parsed);
        string? lesson = parsed.CommandResult.Command is TaughtCommand taught ? $"Examples:\n{taught.Examples}" : parsed.CommandResult.Command is RootCommand ? rootLesson : null;
        if (lesson is not null)
            parsed.InvocationConfiguration.Output.WriteLine(lesson + "\n");
        return result;
    }

    public static void Install(RootCommand root, string rootLesson)
    {
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        // What Windows calls help are file names here
        foreach (string alias in help.Aliases.Where(a => a[0] == '/').ToArray())
            help.Aliases.Remove(alias);
        help.Action = new TeachingHelp((SynchronousCommandLineAction)help.Action!, rootLesson);
    }
}
