using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Formats.Output;

public sealed class FieldsTests
{
    private static string Adjusted(string adjustment) =>
        string.Join(' ', Fields.Adjust([Fields.Find("pid"), Fields.Find("comm")], adjustment).Select(f => f.Name));

    [Theory]
    [InlineData("daddr,pid", "daddr pid")]
    [InlineData("+daddr", "pid comm daddr")]
    [InlineData("-pid", "comm")]
    [InlineData("+daddr,-comm,+comm", "pid daddr comm")]
    [InlineData("+pid", "pid comm")]
    [InlineData("+daddr,+latency", "pid comm daddr latency_ns")]
    public void FieldListReplacesAddsAndRemovesFields(string adjustment, string expected) => Assert.Equal(expected, Adjusted(adjustment));

    [Fact]
    public void RemovingEveryFieldIsAnError() =>
        Assert.Contains("leaves no field", Assert.Throws<SelectionException>(() => Adjusted("-pid,-comm")).Message);

    [Theory]
    [InlineData("+daddr,error", "what is error to do? Write +error or -error")]
    [InlineData("error,-pid", "what is error to do?")]
    [InlineData("", "which fields?")]
    [InlineData(",", "which fields?")]
    [InlineData("+", "field '' is not known")]
    [InlineData("port", "name sport or dport")]
    public void MixedOrUnknownFieldListIsAnError(string adjustment, string expected) =>
        Assert.Contains(expected, Assert.Throws<SelectionException>(() => Adjusted(adjustment)).Message);

    [Theory]
    [InlineData("json", "+t")]
    [InlineData("jsonpretty", "t,operation")]
    [InlineData("yaml", "+t")]
    [InlineData("csv", "+t")]
    public void FieldsWithOneJsonKeyAreRefusedTogether(string format, string fields) =>
        Assert.Contains("share the key operation",
            Assert.Throws<SelectionException>(() => EventFormat.Parse(format, fields, true)).Message);

    [Fact]
    public void ColumnsAllowFieldsWithOneJsonKey() => Assert.NotNull(EventFormat.Parse("columns", "+operation", true));

    [Theory]
    [InlineData("dpotr", "did you mean 'dport'?")]
    [InlineData("ipverison", "did you mean 'ipversion'?")]
    [InlineData("zzzzzz", "field 'zzzzzz' is not known (`tcptracer fields` lists them all)")]
    public void UnknownFieldIsAnErrorThatSuggestsTheNearest(string wrong, string expected) =>
        Assert.Contains(expected, Assert.Throws<SelectionException>(() => Fields.Find(wrong)).Message);

    [Theory]
    [InlineData("jsn", "did you mean 'json'?")]
    [InlineData("custom-columns", "which columns?")]
    [InlineData("custom-columns=", "which columns?")]
    [InlineData("custom-columns=pid,com", "did you mean 'comm'?")]
    public void AnUnknownFormatIsAnError(string format, string expected) =>
        Assert.Contains(expected, Assert.Throws<SelectionException>(() => EventFormat.Parse(format, null, true)).Message);

    [Fact]
    public void EveryFieldHasADescription() => Each.Of(Fields.All, f => Assert.NotEmpty(f.Meaning));
}
