using System.Text.Json;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Formats.Output;

/// <summary>Field <c>args</c>: a shell turns its text back into exactly the arguments that were recorded.</summary>
public sealed class ArgumentsTextTests
{
    private static TcpEvent With(byte[] args)
    {
        TcpEvent e = SampleEvents.Seed;
        e.Process = e.Process with { Args = new SafeText(args) };
        return e;
    }

    private static TcpEvent With(string args) => With(System.Text.Encoding.UTF8.GetBytes(args));

    private static string Text(TcpEvent e) => SampleEvents.Print("custom-columns=args", null, false, e)[..^1];

    [Theory]
    [InlineData("curl\0-s\0http://10.0.0.2:8000/", "curl -s http://10.0.0.2:8000/")]
    [InlineData("sh\0-c\0echo it's", @"sh -c 'echo it'\''s'")]
    [InlineData("a b\0c", "'a b' c")]
    [InlineData("a\0b c", "a 'b c'")]
    [InlineData("a", "a")]
    [InlineData("a\0", "a ''")]
    [InlineData("\0", "'' ''")]
    [InlineData("x\0\0y", "x '' y")]
    [InlineData("\u65e5\u672c", "'\u65e5\u672c'")]
    [InlineData(@"a\x1b", @"'a\x1b'")]
    [InlineData("a\u001b[31m\n\t\r", @"$'a\x1b[31m\n\t\r'")]
    [InlineData("it's \\ \u0001", @"$'it\'s \\ \x01'")]
    [InlineData("\u202e", @"$'\xe2\x80\xae'")]
    public void ArgumentsAreQuotedWhereNeeded(string args, string expected) => Assert.Equal(expected, Text(With(args)));

    [Fact]
    public void ShellReadsTheSameArguments()
    {
        var random = new Random(7);
        for (int i = 0; i < 60; i++)
        {
            byte[][] arguments = [.. Enumerable.Range(0, 1 + i % 4).Select(_ => Enumerable.Range(0, random.Next(9))
                .Select(_ => (byte)(random.Next(4) == 0 ? random.Next(1, 256) : " '\"\\$`a\n\t-"u8[random.Next(10)])).ToArray())];
            string text = Text(With([.. arguments.SelectMany((a, n) => n == 0 ? a : [0, .. a])]));
            Assert.DoesNotContain(text, char.IsControl);
            string hex = Shell.Run("printf '%s\\0' " + text + " | od -An -v -tx1 | tr -d ' \\n'").Output.Trim();
            Assert.Equal(Convert.ToHexStringLower([.. arguments.SelectMany(a => (byte[])[.. a, 0])]), hex);
        }
    }

    [Fact]
    public void JsonCsvAndFilterHaveTheSameText()
    {
        TcpEvent e = With("sh\0-c\0\"a\"<b");
        Assert.Equal("""{"args":"sh -c '\"a\"\u003cb'"}""" + "\n", SampleEvents.Print("json", "args", true, e));
        Assert.Equal(Text(e), JsonDocument.Parse(SampleEvents.Print("json", "args", true, e)).RootElement.GetProperty("args").GetString());
        Assert.Equal("\"sh -c '\"\"a\"\"<b'\"\n", SampleEvents.Print("csv", "args", false, e));
        Assert.Equal("---\nargs: \"sh -c '\\\"a\\\"\\u003cb'\"\n", SampleEvents.Print("yaml", "args", true, e));
        TcpEvent one = With("curl\0-s");
        Assert.True(TcpTracer.Formats.Filter.Expressions.FilterExpression.Compile("args == 'curl -s' and args =~ ^curl")(in one));
    }

    [Fact]
    public void UnrecordedArgumentsAreLeftOut()
    {
        Assert.Equal("{}\n", SampleEvents.Print("json", "args,exe,flow,close_ns", true, SampleEvents.Seed));
        Assert.DoesNotContain("args", SampleEvents.Print("json", null, true, With("a")));
    }
}
