using TcpTracer.Formats.Events;
using Xunit;

namespace TcpTracer.Tests.Formats.Output;

/// <summary>CSV is opened in spreadsheets, and strangers choose the names in it.</summary>
public sealed class CsvFormatTests
{
    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("=A(\"x\",1)", "\"'=A(\"\"x\"\",1)\"")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("+1+cmd", "'+1+cmd")]
    [InlineData("-bash", "'-bash")]
    [InlineData("-", "'-")]
    [InlineData("\t=1", "\\x09=1")]
    [InlineData("\r=1", "\\x0d=1")]
    [InlineData("-12", "-12")]
    [InlineData("a=b", "a=b")]
    [InlineData("'=1", "'=1")]
    public void FormulasInNamesAreEscaped(string comm, string cell) =>
        Assert.Equal($"{cell}\n", SampleEvents.Print("csv", "comm", false, SampleEvents.Make(Operation.Connect, comm)));

    [Fact]
    public void NumbersAreNotQuoted() =>
        Assert.Equal("29610,443\n", SampleEvents.Print("csv", "pid,dport", false, SampleEvents.Seed));
}
