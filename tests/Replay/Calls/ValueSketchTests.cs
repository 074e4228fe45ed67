using TcpTracer.Replay.Calls;
using Xunit;

namespace TcpTracer.Tests.Replay.Calls;

/// <summary>Compares percentiles from bounded memory with those of the sorted values.</summary>
public sealed class ValueSketchTests
{
    private static ulong[] Values(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (ulong)random.NextInt64() >> random.Next(0, 63))];
    }

    [Fact]
    public void PercentileIsWithinDocumentedError()
    {
        ulong[] values = Values(7, 10_000);
        var sketch = new ValueSketch();
        foreach (ulong value in values)
            sketch.Add(value);
        Array.Sort(values);
        foreach (double share in new[] { 0.001, 0.1, 0.5, 0.9, 0.99, 0.999 })
        {
            double exact = values[(int)Math.Ceiling(share * values.Length) - 1];
            Assert.InRange(sketch.Percentile(share), exact * 0.984, exact * 1.016);
        }
        Assert.Equal((values[0], values[^1], values[^1]), (sketch.Least, sketch.Most, sketch.Percentile(1)));
    }

    [Fact]
    public void SumOfTwoSketchesEqualsTheSketchOfAllValues()
    {
        var all = new ValueSketch();
        var parts = new ValueSketch[] { new(), new() };
        ulong[] values = [.. Values(8, 1000), 0, ulong.MaxValue, 31, 32, 33];
        for (int i = 0; i < values.Length; i++)
        {
            all.Add(values[i]);
            parts[i % 2].Add(values[i]);
        }
        parts[0].Add(parts[1]);
        parts[0].Add(new ValueSketch());
        Assert.Equal(all.Shape, parts[0].Shape);
        Assert.Equal((all.Count, all.Least, all.Most), (parts[0].Count, parts[0].Least, parts[0].Most));
        Assert.Equal(ulong.MaxValue, all.Most);
    }

    [Fact]
    public void SmallValuesAreExactAndAnEmptySketchIsZero()
    {
        var sketch = new ValueSketch();
        Assert.Equal(0UL, sketch.Percentile(0.5));
        for (ulong value = 0; value < 32; value++)
            sketch.Add(value);
        Assert.Equal((7UL, 15UL, 31UL), (sketch.Percentile(0.25), sketch.Percentile(0.5), sketch.Percentile(1)));
    }
}
