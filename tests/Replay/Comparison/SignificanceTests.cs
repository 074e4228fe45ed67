using TcpTracer.Replay.Calls;
using TcpTracer.Replay.Comparison;
using Xunit;

namespace TcpTracer.Tests.Replay.Comparison;

/// <summary>The tests of significance, beside values that are known from books or can be counted by hand.</summary>
public sealed class SignificanceTests
{
    private static ValueSketch Of(params ulong[] values)
    {
        var sketch = new ValueSketch();
        foreach (ulong value in values)
            sketch.Add(value);
        return sketch;
    }

    /// <summary>Fisher's tea: 3 of 4 and 1 of 4 give 34/70; 4 of 4 and 0 of 4 give 2/70. 1 of 10 and 11 of 14 is a usual example.</summary>
    [Theory]
    [InlineData(3, 4, 1, 4, 34.0 / 70)]
    [InlineData(4, 4, 0, 4, 2.0 / 70)]
    [InlineData(1, 10, 11, 14, 0.002759456)]
    [InlineData(0, 10, 0, 14, 1)]
    [InlineData(5, 5, 7, 7, 1)]
    [InlineData(1, 0, 3, 7, 1)]
    public void SharesAreComparedByFishersTest(long hitsA, long a, long hitsB, long b, double p)
    {
        Assert.Equal(p, Significance.OfShares(hitsA, a, hitsB, b), 8);
        Assert.Equal(p, Significance.OfShares(hitsB, b, hitsA, a), 8);
    }

    /// <summary>For large counts the normal approximation takes over, without a leap.</summary>
    [Fact]
    public void LargeCountsAgreeWithSlightlySmallerOnes() =>
        Assert.InRange(Significance.OfShares(487, 10_050, 558, 10_050) / Significance.OfShares(480, 9_900, 550, 9_900), 0.8, 1.1);

    /// <summary>In equal times a count is a coin thrown: 0 and 10 are 2 of 1024, 2 and 8 are 112 of 1024.</summary>
    [Theory]
    [InlineData(0, 1, 10, 1, 2.0 / 1024)]
    [InlineData(2, 1, 8, 1, 112.0 / 1024)]
    [InlineData(5, 1, 5, 1, 1)]
    [InlineData(0, 1, 2, 3, 1)]
    [InlineData(2, 1, 0, 3, 1.0 / 16)]
    [InlineData(0, 1, 0, 1, 1)]
    [InlineData(3, 0, 5, 1, 1)]
    public void RatesAreComparedByTheirSharesOfTheSum(long a, double timeA, long b, double timeB, double p) =>
        Assert.Equal(p, Significance.OfRates(a, timeA, b, timeB), 9);

    /// <summary>All of eight are below all of eight: U is 0, and z is (32 - 0.5) / sqrt(64 * 17 / 12).</summary>
    [Fact]
    public void ValuesAreComparedByTheirRanks()
    {
        ulong[] low = [1, 2, 3, 4, 5, 6, 7, 8], high = [11, 12, 13, 14, 15, 16, 17, 18];
        double z = 31.5 / Math.Sqrt(64 * 17 / 12.0);
        Assert.Equal(3.308, z, 3);
        Assert.Equal(0.00094, Significance.OfValues(Of(low), Of(high)), 5);
        Assert.Equal(Significance.OfValues(Of(low), Of(high)), Significance.OfValues(Of(high), Of(low)), 12);
        Assert.Equal(1, Significance.OfValues(Of(low), Of(low)), 2);
        Assert.Equal(1, Significance.OfValues(Of(7, 7, 7), Of(7, 7, 7)));
        Assert.Equal(1, Significance.OfValues(Of(), Of(7)));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0.317310507863)]
    [InlineData(1.959963984540, 0.05)]
    [InlineData(-2.575829303549, 0.01)]
    [InlineData(5, 5.733031437584e-7)]
    public void NormalTailMatchesPublishedTables(double deviations, double p) =>
        Assert.Equal(1, Tails.OfNormal(deviations) / p, 9);

    [Fact]
    public void FactorialsAreExact()
    {
        Assert.Equal(0, Tails.LogFactorial(0), 11);
        Assert.Equal(Math.Log(3_628_800), Tails.LogFactorial(10), 11);
        Assert.Equal(42.335616460753, Tails.LogFactorial(20), 10);
        Assert.Equal(Math.Log(252), Tails.LogChoose(10, 5), 11);
    }

    /// <summary>The example of Benjamini and Hochberg's paper of 1995, fifteen tests: four stay below 0.05.</summary>
    [Fact]
    public void SignificanceIsAdjustedForManyTests()
    {
        double[] p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1];
        double[] adjusted = Significance.Adjust(p);
        Assert.Equal(4, adjusted.Count(q => q <= 0.05));
        Assert.Equal((0.0015, 0.035625), (Math.Round(adjusted[0], 6), Math.Round(adjusted[3], 6)));
        Assert.Equal(adjusted.Reverse(), Significance.Adjust([.. p.Reverse()]));
    }
}
