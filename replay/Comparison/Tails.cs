namespace TcpTracer.Replay.Comparison;

/// <summary>Two functions that .NET does not have and each test of <see cref="Significance"/> needs.</summary>
internal static class Tails
{
    private const double StirlingFrom = 12, SeriesUpTo = 2.5, Tiny = 1e-300;
    private const int MostSteps = 500;

    /// <summary>ln(n!), to twelve digits: Stirling's series, from a number for which it is exact enough.</summary>
    public static double LogFactorial(double n)
    {
        double x = n + 1, shift = 0;
        for (; x < StirlingFrom; x++)
            shift += Math.Log(x);
        double square = x * x;
        double series = (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - 1.0 / 1680 / square) / square) / square) / x;
        return (x - 0.5) * Math.Log(x) - x + 0.5 * Math.Log(2 * Math.PI) + series - shift;
    }

    /// <summary>ln of the binomial coefficient.</summary>
    public static double LogChoose(double n, double k) => LogFactorial(n) - LogFactorial(k) - LogFactorial(n - k);

    /// <summary>How probable it is that a normal variable is at least so many standard deviations away from its mean.</summary>
    public static double OfNormal(double deviations)
    {
        double x = Math.Abs(deviations) / Math.Sqrt(2);
        return double.IsNaN(x) ? 1 : x < SeriesUpTo ? 1 - ErrorSeries(x) : ErrorFraction(x);
    }

    /// <summary>erf(x): its Taylor series without alternating signs.</summary>
    private static double ErrorSeries(double x)
    {
        double term = x, sum = x;
        for (int n = 1; n < MostSteps && term > sum * 1e-17; n++)
        {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    /// <summary>1 - erf(x): its continued fraction, from the innermost step outwards.</summary>
    private static double ErrorFraction(double x)
    {
        double rest = 0;
        for (int n = 60; n > 0; n--)
            rest = n / 2.0 / Math.Max(Tiny, x + rest);
        return Math.Exp(-x * x) / Math.Sqrt(Math.PI) / (x + rest);
    }
}
