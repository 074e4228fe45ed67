namespace TcpTracer.Recorder.Workloads;

/// <summary>Words of a server or a program, short enough for a sentence.</summary>
internal static class ForeignText
{
    private const int Longest = 300;

    /// <summary>The first line, cut if it is long.</summary>
    public static string FirstLine(string text)
    {
        string line = (text.Length > Longest ? text[..(Longest + 1)] : text).Split('\n')[0].TrimEnd('\r', '.', ' ');
        return line.Length > Longest ? line[..Longest] + "..." : line;
    }
}
