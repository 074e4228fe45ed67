using System.Text;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Cli.Handlers.Capture;

/// <summary>
/// Looks for the command of <c>record -- COMMAND</c> before anything is attached or created. A misspelt command must not overwrite
/// an earlier trace.
/// </summary>
internal static class ProgramSearch
{
    private const int LongestFirstLine = 256; // the kernel reads no more of a script (BINPRM_BUF_SIZE, Linux 5.1)

    /// <exception cref="UserException">The command does not exist or is no program. Exit codes are those of shells.</exception>
    public static void Require(string command)
    {
        if (!command.Contains('/'))
        {
            if (SearchPath.Find(command) is null)
                throw Refuse(command, "is in no folder of PATH", ExitCode.CommandNotFound);
            return;
        }
        if (Directory.Exists(command))
            throw Refuse(command, "is a directory, not a program", ExitCode.CommandNotExecutable);
        if (!File.Exists(command))
            throw Refuse(command, "is not there", ExitCode.CommandNotFound);
        if (!SearchPath.IsExecutable(command))
            throw Refuse(command, "may not be executed; chmod +x makes it a program", ExitCode.CommandNotExecutable);
    }

    private static UserException Refuse(string command, string why, int exitCode) =>
        new($"the command '{command}' {why}; nothing was recorded", exitCode);

    /// <summary>
    /// The program that a shell would run. .NET would prefer a file beside our executable or in the working directory, which may be a
    /// stranger's.
    /// </summary>
    public static string Resolve(string command)
    {
        bool isPath = command.Contains('/');
        string beside = Path.Combine(Path.GetDirectoryName(Environment.ProcessPath) ?? "/", command);
        if (!Path.Exists(beside) && (isPath || !Path.Exists(command)))
            return command; // keeps the name that was typed as argv[0]
        return (isPath ? command : SearchPath.Find(command)) is { } meant ? Path.GetFullPath(meant) : command;
    }

    /// <summary>
    /// Why the kernel says "no such file" for a program that exists: its interpreter or loader is missing. null: the interpreter exists.
    /// </summary>
    public static Sentence? MissingInterpreter(string command)
    {
        if ((command.Contains('/') ? command : SearchPath.Find(command)) is not { } file)
            return null;
        Span<byte> start = stackalloc byte[LongestFirstLine];
        try
        {
            using var program = GivenFile.Open(file);
            string line = Encoding.UTF8.GetString(start[..RandomAccess.Read(program, start, 0)]).Split('\n')[0];
            if (!line.StartsWith("#!", StringComparison.Ordinal))
                return "the loader that it wants is not there (as for a program of another C library or machine)";
            string interpreter = line[2..].Trim().Split(' ', '\t')[0].TrimEnd('\r');
            string name = Messages.Foreign(interpreter);
            if (line.EndsWith('\r'))
            {
                return Sentence.Of($"its first line ends with a carriage return, "
                    + $"so that '{name}\\r' is looked for: write it with Unix line ends");
            }
            return File.Exists(interpreter) ? null : Sentence.Of($"its first line wants '{name}', which is not there");
        }
        catch (IOException)
        {
            return null;
        }
    }
}
