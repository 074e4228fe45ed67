using System.Text;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Formats.Text;

/// <summary>Where the parts of a line lie that may be shortened.</summary>
internal struct LineParts
{
    /// <summary>The owner's command.</summary>
    public (int Start, int End) Comm;

    /// <summary>This end.</summary>
    public (int Start, int End) Near;

    /// <summary>The other end.</summary>
    public (int Start, int End) Far;

    /// <summary>What was sent and received; empty: it is not known.</summary>
    public (int Start, int End) Bytes;
}

/// <summary>
/// Fits a line for eyes to a terminal. What happened and how long it took is what people look for: names give way
/// first, then bytes, then the command.
/// </summary>
internal static class LineFit
{
    private const int FairName = 16, FairComm = 8, PortOnly = 7; // an ellipsis and :65535

    /// <summary>Fits what was written since a place to so many columns.</summary>
    public static void Fit(TextBuffer line, int start, in LineParts parts, int width)
    {
        if (line.Length - start <= width)
            return; // no character has fewer bytes than columns
        string before = Text(line, (start, parts.Comm.Start)), comm = Text(line, parts.Comm);
        string pid = Text(line, (parts.Comm.End, parts.Near.Start)), near = Text(line, parts.Near);
        string arrow = Text(line, (parts.Near.End, parts.Far.Start)), far = Text(line, parts.Far);
        bool isCounted = parts.Bytes.End > 0;
        string outcome = Text(line, (parts.Far.End, isCounted ? parts.Bytes.Start : line.Length));
        string bytes = Text(line, parts.Bytes), reason = isCounted ? Text(line, (parts.Bytes.End, line.Length)) : "";
        int Over() => LineWidth.Of(before + comm + pid + near + arrow + far + outcome + bytes + reason) - width;
        void ShortenNames(int least)
        {
            int room = Math.Max(2 * least, LineWidth.Of(near) + LineWidth.Of(far) - Over());
            int nearRoom = Math.Max(room / 2, room - LineWidth.Of(far));
            near = LineWidth.Shorten(near, nearRoom);
            far = LineWidth.Shorten(far, room - LineWidth.Of(near));
        }
        if (Over() > 0)
            ShortenNames(FairName);
        if (Over() > 0)
            bytes = "";
        if (Over() > 0)
            comm = LineWidth.Shorten(comm, Math.Max(FairComm, LineWidth.Of(comm) - Over()));
        if (Over() > 0)
            ShortenNames(PortOnly);
        line.CutTo(start);
        line.Append(Encoding.UTF8.GetBytes(before + comm + pid + near + arrow + far + outcome + bytes + reason));
        LineWidth.Cut(line, start, width);
    }

    private static string Text(TextBuffer line, (int Start, int End) part) =>
        part.End <= part.Start ? "" : Encoding.UTF8.GetString(line.Written[part.Start..part.End]);
}
