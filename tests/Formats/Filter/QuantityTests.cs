using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;
using Xunit;

namespace TcpTracer.Tests.Formats.Filter;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("30", 30_000)]
    [InlineData("30s", 30_000)]
    [InlineData("1.5m", 90_000)]
    [InlineData("1d", 86_400_000)]
    [InlineData("1e3ms", 1_000)]
    [InlineData("2e-1s", 200)]
    public void TimesAreParsedWithTheirUnits(string text, double milliseconds) =>
        Assert.Equal(milliseconds, Quantity.Time("--duration", text).TotalMilliseconds);

    [Theory]
    [InlineData("64k", 65_536)]
    [InlineData("64K", 65_536)]
    [InlineData("1.5M", 1_572_864)]
    [InlineData("1e3", 1_000)]
    public void SizesAreParsedWithTheirUnits(string text, long bytes) => Assert.Equal(bytes, Quantity.Bytes("--rotate-size", text));

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1e99")]
    [InlineData("1e")]
    [InlineData(".5x")]
    [InlineData("0x10")]
    [InlineData("1,000")]
    [InlineData(" 1")]
    public void InvalidQuantityIsAnError(string text)
    {
        Assert.Null(Quantity.TryParseTime(text));
        Assert.Null(Quantity.TryParseBytes(text));
        Assert.Throws<SelectionException>(() => Quantity.Number("--count", text));
    }

    [Fact]
    public void NumbersAreParsedWithExponents() => Assert.Equal(1_000, Quantity.Number("--count", "1e3"));
}
