using System.Text;
using TcpTracer.Formats.Strings;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Formats.Files;

/// <summary>Names of files: any bytes become a string and the same bytes again, and are printed as a shell takes them.</summary>
public sealed class FileNamesTests
{
    private static byte[] RandomName(Random random) => [.. Enumerable.Range(0, 1 + random.Next(12)).Select(_ => random.Next(3) switch
    {
        0 => (byte)random.Next(1, 256),
        1 => " '\"\\$`a\n\t-~#!/="u8[random.Next(15)],
        _ => "\u202e\u00fc"u8[random.Next(5)],
    })];

    [Fact]
    public void AnyBytesSurviveTheRoundTripThroughText()
    {
        var random = new Random(3);
        for (int i = 0; i < 5_000; i++)
        {
            byte[] name = RandomName(random);
            string text = FileNames.FromBytes(name);
            Assert.Equal(name, FileNames.ToBytes(text));
            Assert.Equal(Encoding.UTF8.GetString(name).Contains('\ufffd'), !FileNames.IsUtf8(text));
        }
    }

    [Theory]
    [InlineData("trace.tct", "trace.tct")]
    [InlineData("/var/log/a-b_c=1,2:3%@+.tct", "/var/log/a-b_c=1,2:3%@+.tct")]
    [InlineData("\u00fcber-\u65e5\u672c.tct", "\u00fcber-\u65e5\u672c.tct")]
    [InlineData("-", "-")]
    [InlineData("-x.tct", "./-x.tct")]
    [InlineData("", "''")]
    [InlineData("my trace.tct", "'my trace.tct'")]
    [InlineData("~/x", "'~/x'")]
    [InlineData(@"a\x1b", @"'a\x1b'")]
    [InlineData("a\u001bb", @"$'a\x1bb'")]
    [InlineData("it's\n", @"$'it\'s\n'")]
    [InlineData("a\u202eb", @"$'a\xe2\x80\xaeb'")]
    [InlineData("a\u00a0b", "'a\u00a0b'")]
    public void NameIsShownAsAShellWord(string name, string expected) => Assert.Equal(expected, ShellWord.OfFile(name));

    [Fact]
    public void ByteThatIsNotUtf8IsEscaped() =>
        Assert.Equal(@"$'a\xffb'", ShellWord.OfFile(FileNames.FromBytes([(byte)'a', 0xff, (byte)'b'])));

    [Fact]
    public void ShellTurnsTheShownWordIntoTheSameName()
    {
        var random = new Random(5);
        byte[][] names = [.. Enumerable.Range(0, 200).Select(_ => RandomName(random))];
        string script = string.Join('\n', names.Select(n => $"printf '%s\\0' {ShellWord.OfFile(FileNames.FromBytes(n))}"));
        string expected =
            Convert.ToHexStringLower([.. names.SelectMany(n => (byte[])[.. n[0] == '-' && n.Length > 1 ? "./"u8 : [], .. n, 0])]);
        Assert.Equal(expected, Shell.Run($"{{ {script}\n}} | od -An -v -tx1 | tr -d ' \\n'").Output.Trim());
    }
}
