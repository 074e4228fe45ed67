using TcpTracer.Formats.TraceFile;

namespace TcpTracer.Cli.Handlers;

/// <summary>Opens what the user names as a trace, and puts its name before every sentence about it.</summary>
internal static class TraceInput
{
    /// <summary>A file, or standard input where the name is -.</summary>
    public static Stream Open(string name) => name == "-"
        ? Console.OpenStandardInput()
        : Directory.Exists(name)
            ? throw new UserException($"{name} is a directory: name the trace files in it", ExitCode.Failed)
            : new FileStream(name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);

    /// <summary>Does something with a trace.</summary>
    public static T With<T>(string name, Func<Stream, T> action)
    {
        using Stream stream = Open(name);
        try
        {
            return action(stream);
        }
        catch (TraceException e)
        {
            throw new UserException($"{name}: {Messages.Of(e.Damage)}", ExitCode.Failed);
        }
    }
}
