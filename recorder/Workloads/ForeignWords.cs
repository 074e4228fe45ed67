namespace TcpTracer.Recorder.Workloads;

/// <summary>What a server or a program says of itself: as much of it as fits into a sentence.</summary>
internal static class ForeignWords
{
    private const int Longest = 300;

    /// <summary>The first line, and not too much of that.</summary>
    public static string Short(string text)
    {
        string line = (text.Length > Longest ? text[..(Longest + 1)] : text).Split('\n')[0].TrimEnd('\r', '.', ' ');
        return line.Length > Longest ? line[..Longest] + "..." : line;
    }
}
