using System.CommandLine;
using System.Reflection;
using TcpTracer.Cli.Help;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Cli.Commands;

/// <summary>
/// Prints a shell's completion script. Each script asks the program itself (<see cref="WordCompletion"/>), so it always knows every option.
/// </summary>
internal static class CompletionCommand
{
    private static readonly string[] s_shells = ["bash", "zsh", "fish", "pwsh"];

    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = string.Join(", ", s_shells) };
        shell.CompletionSources.Add(s_shells);
        var completion = new DocumentedCommand("completion", "Print the completion script for a shell", """
              source <(tcptracer completion bash)          for this shell
              tcptracer completion fish | source           the same in fish
            """) { shell };
        completion.SetAction(parsed =>
        {
            Console.Out.Write(ScriptFor(parsed.GetValue(shell)!));
            return ExitCode.Done;
        });
        return completion;
    }

    private static string ScriptFor(string shell)
    {
        if (!s_shells.Contains(shell))
            throw SelectionException.UnknownName("shell", shell, s_shells, $"known: {string.Join(", ", s_shells)}");
        using Stream script = Assembly.GetExecutingAssembly().GetManifestResourceStream($"completion.{shell}")!;
        return new StreamReader(script).ReadToEnd();
    }
}
