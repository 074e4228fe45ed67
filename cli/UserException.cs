using TcpTracer.Formats.Words;

namespace TcpTracer.Cli;

/// <summary>An expected failure with its sentence.</summary>
internal sealed class UserException(Sentence sentence, int exitCode) : Exception(sentence.ToString())
{
    public Sentence Sentence { get; } = sentence;

    public int ExitCode { get; } = exitCode;
}
