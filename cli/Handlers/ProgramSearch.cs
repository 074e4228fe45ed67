using System.Text;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Words;

namespace TcpTracer.Cli.Handlers;

/// <summary>
/// Looks for the command before anything is attached or created: a misspelt name must not cost an existing trace of the same file name.
/// </summary>
internal static class ProgramSearch
{
    private const int LongestFirstLine = 256; // of which the kernel takes notice

    /// <exception cref="UserException">It is not there, or is no program; exit codes as a shell's.</exception>
    public static void Require(string command)
    {
        if (command.Contains('/'))
        {
            if (Directory.Exists(command))
                throw new UserException($"the command '{command}' is a directory, not a program; nothing was recorded", ExitCode.CommandNotExecutable);
            if (!File.Exists(command))
                throw new UserException($"the command '{command}' is not there; nothing was recorded", ExitCode.CommandNotFound);
            if (!SearchPath.IsExecutable(command))
                throw new UserException($"the command '{command}' may not be executed; chmod +x makes it a program; nothing was recorded", ExitCode.CommandNotExecutable);
            return;
        }
        if (SearchPath.Find(command) is null)
            throw new UserException($"the command '{command}' is in no folder of PATH; nothing was recorded", ExitCode.CommandNotFound);
    }

    /// <summary>What a shell would run. .NET would first take a file of that name beside our executable or in the working directory, whoever put it there.</summary>
    public static string Resolve(string command)
    {
        bool isPath = command.Contains('/');
        string beside = Path.Combine(Path.GetDirectoryName(Environment.ProcessPath) ?? "/", command);
        if (!Path.Exists(beside) && (isPath || !Path.Exists(command)))
            return command; // under the name that it was called by
        return (isPath ? command : SearchPath.Find(command)) is { } meant ? Path.GetFullPath(meant) : command;
    }

    /// <summary>Why the kernel says that a program is not there, though it is: what it is to be run by is not. In a few words; null: that is there.</summary>
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
            return line.EndsWith('\r') ? Sentence.Of($"its first line ends with a carriage return, so that '{Messages.Foreign(interpreter)}\\r' is looked for: write it with Unix line ends")
                : File.Exists(interpreter) ? null : Sentence.Of($"its first line wants '{Messages.Foreign(interpreter)}', which is not there");
        }
        catch (IOException)
        {
            return null;
        }
    }
}
