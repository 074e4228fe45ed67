namespace TcpTracer.Formats.Records;

/// <summary>A node of which nothing is in a trace, although it was asked. Without that note it would look like a quiet node.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Why">One of the words below, or that of a later version.</param>
public sealed record AbsentNode(string Node, string Why)
{
    /// <summary>Its agent did not run.</summary>
    public const string NotRunning = "not-running";

    /// <summary>Its agent gave nothing.</summary>
    public const string Silent = "silent";

    /// <summary>Whether a word is one of them.</summary>
    public static bool IsKnown(string why) => why is NotRunning or Silent;
}
