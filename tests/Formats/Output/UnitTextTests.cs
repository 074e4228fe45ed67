using System.Text;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using Xunit;

namespace TcpTracer.Tests.Formats.Output;

public sealed class UnitTextTests
{
    private static string Text(Action<TextBuffer> write)
    {
        var to = new TextBuffer();
        write(to);
        return Encoding.ASCII.GetString(to.Written);
    }

    [Theory]
    [InlineData(0, "0ns")]
    [InlineData(999, "999ns")]
    [InlineData(1_000, "1.00us")]
    [InlineData(1_099_999, "1.09ms")]
    [InlineData(12_345_678, "12.3ms")]
    [InlineData(999_999_999, "999ms")]
    [InlineData(1_005_000_000, "1.00s")]
    [InlineData(119_999_999_999, "119s")]
    [InlineData(123_000_000_000, "2m03s")]
    [InlineData(3_720_000_000_000, "1h02m")]
    [InlineData(100_800_000_000_000, "1d04h")]
    [InlineData(ulong.MaxValue, "213503d23h")]
    public void TimeHasThreeDigitsAndAUnit(ulong ns, string text) => Assert.Equal(text, Text(to => UnitText.AppendTime(to, ns)));

    [Theory]
    [InlineData(0, "0B")]
    [InlineData(120, "120B")]
    [InlineData(999, "999B")]
    [InlineData(1_000, "1.0kB")]
    [InlineData(1_299, "1.2kB")]
    [InlineData(12_345, "12.3kB")]
    [InlineData(999_999, "999kB")]
    [InlineData(1_000_000, "1.0MB")]
    [InlineData(ulong.MaxValue, "18.4EB")]
    public void SizeHasThreeDigitsAndAUnit(ulong bytes, string text) => Assert.Equal(text, Text(to => UnitText.AppendSize(to, bytes)));
}
