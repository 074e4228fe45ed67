using System.CommandLine;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Cli.Commands;

/// <summary>An option that takes one of a few words. The first one is the default.</summary>
internal sealed class ChoiceOption : Option<string>
{
    private readonly string[] _words;

    public ChoiceOption(string name, string[] aliases, string help, string description, params string[] words)
        : base(name, aliases)
    {
        _words = words;
        HelpName = help;
        Description = description;
        DefaultValueFactory = _ => words[0];
        CompletionSources.Add(words);
    }

    /// <summary>The word that was given, or the default.</summary>
    /// <exception cref="SelectionException">The word is not one of them.</exception>
    public string Read(ParseResult parsed)
    {
        string word = parsed.GetValue(this)!;
        return _words.Contains(word) ? word
            : throw SelectionException.UnknownName(Name, word, _words, $"known: {string.Join(", ", _words)}");
    }
}
