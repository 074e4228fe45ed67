using TcpTracer.Formats.Strings;

namespace TcpTracer.Cli;

/// <summary>An expected failure: its sentence for the user, and its exit code.</summary>
internal sealed class UserException(Sentence sentence, int exitCode) : Exception(sentence.ToString())
{
    public Sentence Sentence { get; } = sentence;

    public int ExitCode { get; } = exitCode;
}
