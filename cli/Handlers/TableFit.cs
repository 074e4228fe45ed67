namespace TcpTracer.Cli.Handlers;

/// <summary>
/// Fits the columns of a table to a terminal: names are shortened first, then whole columns left out. No number is ever cut. A pipe has
/// room for everything.
/// </summary>
internal static class TableFit
{
    /// <summary>The room where nobody said how much there is.</summary>
    public const int Unlimited = int.MaxValue;

    /// <summary>Stands for the width of a column that is left out.</summary>
    public const int LeftOut = -1;

    private const int FairName = 16, NarrowestName = 12;

    /// <summary>The widths that fit.</summary>
    /// <param name="widths">What each column needs.</param>
    /// <param name="room">Of the terminal.</param>
    /// <param name="gap">Blanks between two columns.</param>
    /// <param name="isName">Which columns may be shortened.</param>
    /// <param name="leastFirst">The columns that may be left out, the least important first.</param>
    public static int[] Of(int[] widths, int room, int gap, Func<int, bool> isName, IEnumerable<int> leastFirst)
    {
        int[] fitted = [.. widths];
        int[] names = [.. Enumerable.Range(0, widths.Length).Where(isName)];
        int Over() => fitted.Where(w => w != LeftOut).Sum(w => w + gap) - gap - room;
        void ShortenTo(int least)
        {
            while (Over() > 0 && names.Length > 0 && names.MaxBy(i => fitted[i]) is var widest && fitted[widest] > least)
                fitted[widest]--;
        }
        ShortenTo(FairName);
        foreach (int column in leastFirst.TakeWhile(_ => Over() > 0))
            fitted[column] = LeftOut;
        ShortenTo(NarrowestName);
        while (Over() < 0 && names.Where(i => fitted[i] != LeftOut && fitted[i] < widths[i]).ToArray() is { Length: > 0 } shortened)
            fitted[shortened.MinBy(i => fitted[i])]++;
        return fitted;
    }
}
