using TcpTracer.Cli.Sentences;

namespace TcpTracer.Cli.Handlers.Agents;

/// <summary>Who reads along wants to know that the agent has ended: what happens then is in none of its files.</summary>
internal static class AgentEnd
{
    /// <summary>Says so, if it was the agent that ended.</summary>
    /// <param name="status">The exit code of reading.</param>
    /// <param name="files">The agent's files, which were read.</param>
    /// <returns>An exit code.</returns>
    public static int Judge(int status, FollowedFiles files)
    {
        if (!files.HasRecorderEnded)
            return status;
        Messages.Say($"the agent has ended: what happened after that is not here");
        return EachTrace.Worse(status, ExitCode.Failed);
    }
}
