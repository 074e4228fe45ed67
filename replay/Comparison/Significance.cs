using TcpTracer.Replay.Calls;

namespace TcpTracer.Replay.Comparison;

/// <summary>
/// How probable a difference at least as large is, if nothing has changed. Each test is two-sided. docs/guide.md explains them.
/// </summary>
public static class Significance
{
    /// <summary>Up to so many, the exact test is made; it takes a step for each. Beyond, the normal approximation is as good.</summary>
    private const long MostExact = 20_000;

    private const double Rounding = 1 + 1e-7;

    /// <summary>Whether two shares are the same: Fisher's exact test, and for large counts the test of two proportions.</summary>
    /// <param name="hitsA">Of <paramref name="a"/>.</param>
    /// <param name="a">How many on one side.</param>
    /// <param name="hitsB">Of <paramref name="b"/>.</param>
    /// <param name="b">How many on the other side.</param>
    public static double OfShares(long hitsA, long a, long hitsB, long b)
    {
        long hits = hitsA + hitsB, all = a + b;
        if (a == 0 || b == 0 || hits == 0 || hits == all)
            return 1;
        if (all > MostExact)
        {
            double share = (double)hits / all;
            return Tails.OfNormal(((double)hitsA / a - (double)hitsB / b) / Math.Sqrt(share * (1 - share) * (1.0 / a + 1.0 / b)));
        }
        double total = Tails.LogChoose(all, hits);
        return SumOfUnlikely(Math.Max(0, hits - b), Math.Min(hits, a), hitsA,
            k => Tails.LogChoose(a, k) + Tails.LogChoose(b, hits - k) - total);
    }

    /// <summary>
    /// Whether two rates are the same: given their sum, the count of one side is binomial if both are Poisson (the exact
    /// conditional test of a ratio of rates), and for large counts its normal approximation.
    /// </summary>
    /// <param name="countA">Events on one side.</param>
    /// <param name="timeA">In which time, in any unit.</param>
    /// <param name="countB">Events on the other side.</param>
    /// <param name="timeB">In which time, in the same unit.</param>
    public static double OfRates(long countA, double timeA, long countB, double timeB)
    {
        long all = countA + countB;
        if (all == 0 || timeA <= 0 || timeB <= 0)
            return 1;
        double share = timeA / (timeA + timeB);
        if (all > MostExact)
            return Tails.OfNormal((countA - all * share) / Math.Sqrt(all * share * (1 - share)));
        return SumOfUnlikely(0, all, countA, k => Tails.LogChoose(all, k) + k * Math.Log(share) + (all - k) * Math.Log(1 - share));
    }

    /// <summary>Adds up all outcomes that are no more probable than the one that was seen.</summary>
    private static double SumOfUnlikely(long first, long last, long seen, Func<long, double> logOf)
    {
        double limit = Math.Exp(logOf(seen)) * Rounding, sum = 0;
        for (long k = first; k <= last; k++)
        {
            double probability = Math.Exp(logOf(k));
            sum += probability <= limit ? probability : 0;
        }
        return Math.Min(1, sum);
    }

    /// <summary>
    /// Whether values of one side tend to be larger: the test of Mann and Whitney, with its correction for ties, because the buckets of
    /// the sketches make ties of values that are close. It is a normal approximation, good from eight values a side on.
    /// </summary>
    public static double OfValues(ValueSketch a, ValueSketch b)
    {
        if (a.Count == 0 || b.Count == 0)
            return 1;
        SortedDictionary<ulong, (long A, long B)> all = [];
        foreach ((ulong value, long count) in a.Shape)
            all[value] = (count, 0);
        foreach ((ulong value, long count) in b.Shape)
            all[value] = (all.GetValueOrDefault(value).A, count);
        double n = (double)a.Count + b.Count, before = 0, ranks = 0, ties = 0;
        foreach ((long inA, long inB) in all.Values)
        {
            double together = (double)inA + inB;
            ranks += inA * (before + (together + 1) / 2);
            ties += together * (together * together - 1);
            before += together;
        }
        double u = ranks - a.Count * (a.Count + 1.0) / 2, mean = (double)a.Count * b.Count / 2;
        double variance = (double)a.Count * b.Count / 12 * (n + 1 - ties / (n * (n - 1)));
        double away = Math.Max(0, Math.Abs(u - mean) - 0.5); // values are counted, the normal curve is not
        return variance > 0 ? Tails.OfNormal(away / Math.Sqrt(variance)) : 1;
    }

    /// <summary>
    /// Adjusts the results of many tests, as Benjamini and Hochberg do: of those that stay below a limit, at most that share is expected
    /// to be chance.
    /// </summary>
    /// <returns>In the order of the results.</returns>
    public static double[] Adjust(IReadOnlyList<double> results)
    {
        int[] order = [.. Enumerable.Range(0, results.Count).OrderByDescending(i => results[i])];
        var adjusted = new double[results.Count];
        double least = 1;
        for (int i = 0; i < order.Length; i++)
        {
            least = Math.Min(least, results[order[i]] * order.Length / (order.Length - i));
            adjusted[order[i]] = least;
        }
        return adjusted;
    }
}
