using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using TcpTracer.Formats.Strings;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Formats;

/// <summary>Names from outside, made safe. They are compared with a plain loop over characters.</summary>
public sealed class SafeTextTests
{
    private static byte[] ByCharacter(ReadOnlySpan<byte> raw, bool json)
    {
        var to = new StringBuilder(json ? "\"" : "");
        while (!raw.IsEmpty)
        {
            bool valid = Rune.DecodeFromUtf8(raw, out Rune rune, out int length) == OperationStatus.Done;
            if (!valid)
                to.Append(json ? "\\ufffd" : string.Create(CultureInfo.InvariantCulture, $"\\x{raw[0]:x2}"));
            else if (json)
                to.Append(InJson(rune));
            else if (rune.Value == '\\'
                && Regex.IsMatch(Encoding.Latin1.GetString(raw), @"^\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})"))
                to.Append(@"\x5c");
            else if (IsUnseen(rune))
                to.Append(rune.Value < 0x80 ? $"\\x{rune.Value:x2}" : rune.Value < 0x10000 ? $"\\u{rune.Value:x4}" : $"\\U{rune.Value:x8}");
            else
                to.Append(rune);
            raw = raw[(valid ? length : 1)..];
        }
        return Encoding.UTF8.GetBytes(to.Append(json ? "\"" : "").ToString());
    }

    /// <summary>Default_Ignorable_Code_Point, from Unicode's DerivedCoreProperties.txt.</summary>
    private static readonly (int First, int Last)[] s_ignorable =
    [
        (0xad, 0xad), (0x34f, 0x34f), (0x61c, 0x61c), (0x115f, 0x1160), (0x17b4, 0x17b5), (0x180b, 0x180f), (0x200b, 0x200f),
        (0x202a, 0x202e), (0x2060, 0x206f), (0x3164, 0x3164),
        (0xfe00, 0xfe0f), (0xfeff, 0xfeff), (0xffa0, 0xffa0), (0xfff0, 0xfff8), (0x1bca0, 0x1bca3), (0x1d173, 0x1d17a), (0xe0000, 0xe0fff),
    ];

    private static bool IsUnseen(Rune rune) => Rune.IsControl(rune) || s_ignorable.Any(i => rune.Value >= i.First && rune.Value <= i.Last)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private static string InJson(Rune rune) => rune.Value switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '<' or '>' or '&' => string.Create(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"),
        _ when IsUnseen(rune) =>
            string.Concat(rune.ToString().Select(unit => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}"))),
        _ => rune.ToString(),
    };

    private static void Check(byte[] raw)
    {
        foreach (bool json in new[] { false, true })
        {
            byte[] expected = ByCharacter(raw, json);
            var name = new SafeText(raw);
            var buffer = new TextBuffer(16);
            for (int i = 0; i < 2; i++) // first it is made, then it is kept
            {
                buffer.Clear();
                if (json)
                    name.AppendJson(buffer);
                else
                    name.AppendText(buffer);
                Assert.True(expected.AsSpan().SequenceEqual(buffer.Written), Convert.ToHexString(raw));
            }
            Assert.Equal(expected, json ? name.Json : name.Text);
            Assert.Equal(expected, json ? new SafeText(raw).Json : new SafeText(raw).Text);
        }
    }

    [Theory]
    [InlineData("a\u202eb", "\"a\\u202eb\"")] // it turns the direction of writing
    [InlineData("a\u200bb", "\"a\\u200bb\"")] // it has no width
    [InlineData("a\U000e0041b", "\"a\\udb40\\udc41b\"")]
    public void InvisibleCharactersAreEscapedInJson(string name, string json) =>
        Assert.Equal(json, Encoding.UTF8.GetString(new SafeText(name).Json));

    /// <summary>Otherwise a name could be made to look like another one.</summary>
    [Fact]
    public void DifferentNamesHaveDifferentTexts()
    {
        byte[][] parts = [[0x1b], [0x9b], [0xff], [0xc2, 0x9b], .. new[] { @"\", @"\x1b", @"\x9b", @"\u009b", @"\u200b", @"\U000e0041",
            @"\x5c", "x1b", "1b", "\u200b", "\U000e0041", "\u00ad", "a", "0" }.Select(Encoding.UTF8.GetBytes)];
        byte[][] names = [.. parts, .. parts.SelectMany(a => parts.Select(b => (byte[])[.. a, .. b]))];
        byte[][] different = [.. names.DistinctBy(Convert.ToHexString)];
        Assert.Equal(different.Length, different.Select(n => Encoding.UTF8.GetString(new SafeText(n).Text)).Distinct().Count());
        Each.Of(different, n => Assert.DoesNotContain(Encoding.UTF8.GetString(new SafeText(n).Text).EnumerateRunes(), IsUnseen));
    }

    [Theory]
    [InlineData("plain-name_1.2/x:y=z @+,~ \u00fc\u65e5", "plain-name_1.2/x:y=z @+,~ \u00fc\u65e5")]
    [InlineData(@"C:\users\x\", @"C:\users\x\")]
    [InlineData(@"C:\x1b", @"C:\x5cx1b")]
    [InlineData(@"\u001b", @"\x5cu001b")]
    [InlineData("\\\u001b", @"\\x1b")]
    [InlineData("\u001b[31m", @"\x1b[31m")]
    [InlineData("\u009b", @"\u009b")]
    [InlineData("a\u202eb", @"a\u202eb")]
    [InlineData("a\ufe0fb", @"a\ufe0fb")]
    public void TextShowsEveryCharacter(string name, string text) => Assert.Equal(text, Encoding.UTF8.GetString(new SafeText(name).Text));

    [Fact]
    public void EveryCharacterIsEscapedAsByAPlainLoop()
    {
        for (int value = 0; value <= 0x10ffff; value++)
        {
            if (Rune.IsValid(value) && (value < 0x3000 || value % 61 == 0 || value is >= 0xe0000 and < 0xe0100))
                Check(Encoding.UTF8.GetBytes(new Rune(value).ToString()));
        }
    }

    [Fact]
    public void RandomBytesAreEscapedAsByAPlainLoop()
    {
        var random = new Random(1);
        for (int i = 0; i < 4_000; i++)
        {
            byte[] raw = new byte[random.Next(i % 10 == 0 ? 2_000 : 40)];
            random.NextBytes(raw);
            for (int j = 0; j < raw.Length && i % 3 > 0; j++)
                raw[j] = random.Next(i % 3 * 4) == 0 ? raw[j] : (byte)random.Next(0x20, 0x80);
            Check(raw);
        }
    }
}
