using System.CommandLine;
using System.Reflection;

namespace TcpTracer.Cli.Help;

/// <summary>A page of <c>tcptracer help</c> that is about no command. Its text is the file of its name beside this one;
/// that of <c>environment</c> is made of <see cref="Surroundings"/>.</summary>
/// <param name="Name">As it is typed.</param>
/// <param name="About">What the page explains.</param>
/// <param name="Of">Options or commands that it is about: the help of a command that has one of them names this page.</param>
internal sealed record HelpTopic(string Name, string About, params string[] Of)
{
    /// <summary>Every topic, in the order in which a newcomer needs them.</summary>
    public static IReadOnlyList<HelpTopic> All { get; } =
    [
        new("output", "how to read a line, and the formats of -o", "--fields"),
        new("selection", "which events: lists, names, and the filter language", "--filter"),
        new("names", "where names of pods come from; what <> and ? mean", "--kubeconfig", "--enrich"),
        new("times", "how to write times, sizes and moments", "--since", "--duration"),
        new("exit-codes", "what the exit code and the signals do", "record", "verify", "recover"),
        new(Surroundings.Topic, "environment variables and files", "agent", "doctor"),
    ];

    /// <summary>Its text, as <see cref="HelpText"/> takes it.</summary>
    public string Text
    {
        get
        {
            if (Name == Surroundings.Topic)
                return Surroundings.Text;
            using Stream text = Assembly.GetExecutingAssembly().GetManifestResourceStream($"help.{Name}")!;
            return new StreamReader(text).ReadToEnd();
        }
    }

    /// <summary>Whether it is about the command, or about an option that the command has.</summary>
    public bool IsAbout(Command command) => Of.Any(of => of == command.Name || command.Options.Any(o => o.Name == of));

    /// <summary>Returns the page, with its lines broken to fit.</summary>
    /// <param name="width">Of the terminal.</param>
    public string Page(int width) => HelpText.Fit(Text, width);
}
