using System.Buffers;
using System.Globalization;
using System.Text;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Output;
using Xunit;

namespace TcpTracer.Tests.Formats;

/// <summary>Names from outside, made safe: held against a plain loop over characters.</summary>
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
            else if (Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
                to.Append(rune.Value < 256 ? $"\\x{rune.Value:x2}" : $"\\u{rune.Value:x4}");
            else
                to.Append(rune);
            raw = raw[(valid ? length : 1)..];
        }
        return Encoding.UTF8.GetBytes(to.Append(json ? "\"" : "").ToString());
    }

    private static string InJson(Rune rune) => rune.Value switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '<' or '>' or '&' => string.Create(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"),
        _ when Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator =>
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
            for (int i = 0; i < 2; i++) // made, and kept
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
    [InlineData("a\u202eb", "\"a\\u202eb\"")] // turns the direction of writing
    [InlineData("a\u200bb", "\"a\\u200bb\"")] // takes no room
    [InlineData("a\U000e0041b", "\"a\\udb40\\udc41b\"")]
    public void WhatIsNotSeenIsEscapedInJson(string name, string json) => Assert.Equal(json, Encoding.UTF8.GetString(new SafeText(name).Json));

    [Fact]
    public void EveryCharacterIsWrittenAsByAPlainLoop()
    {
        for (int value = 0; value <= 0x10ffff; value++)
        {
            if (Rune.IsValid(value) && (value < 0x3000 || value % 61 == 0 || value is >= 0xe0000 and < 0xe0100))
                Check(Encoding.UTF8.GetBytes(new Rune(value).ToString()));
        }
    }

    [Fact]
    public void AnyBytesAreWrittenAsByAPlainLoop()
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
