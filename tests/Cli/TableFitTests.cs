using System.Text;
using TcpTracer.Cli.Handlers;
using TcpTracer.Cli.Handlers.Summaries;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>Tables on terminals of any width.</summary>
public sealed class TableFitTests
{
    private static readonly string[] s_names = ["deployment/shop/a-very-long-name-of-a-workload", "svc/shop/reviews:8080", "10.0.0.1:53"];

    private static string[] Table(int room)
    {
        var table = new PageTable(">COUNT", "~FROM", "~TO", "->SENT", "->RECEIVED");
        foreach (string name in s_names)
            table.AddNoted("conn 26b1a05923c.1", "1234567", Sentence.AlreadyClean(name), Sentence.AlreadyClean(s_names[1]), "123kB",
                "999MB");
        var text = new StringBuilder();
        table.WriteTo(text, room);
        return text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    [Fact]
    public void ItFitsAndNumbersAndPortsAreWhole()
    {
        string[] all = Table(TableFit.Unlimited);
        Each.Of(all, l => Assert.DoesNotContain('\u2026', l));
        Assert.Equal(all, Table(all.Max(l => l.Length)));
        Each.Of(Enumerable.Range(36, 80), room =>
        {
            string[] lines = Table(room);
            Assert.Equal(7, lines.Length);
            Each.Of(lines, l => Assert.InRange(LineWidth.Of(l), 1, room));
            Each.Of(lines.Where((_, i) => i % 2 == 1), l => Assert.Matches(@"^  1234567 \S+ +\S+:8080( +123kB( +999MB)?)?$", l));
            Assert.Contains(":53 ", lines[5]);
        });
    }

    [Fact]
    public void ColumnsGoOnlyWhereShortNamesAreNotEnough()
    {
        int[] widths = [30, 5, 5];
        Assert.Equal([20, 5, 5], TableFit.Of(widths, 32, 1, i => i == 0, [2]));
        Assert.Equal([14, 5, TableFit.LeftOut], TableFit.Of(widths, 20, 1, i => i == 0, [2]));
        Assert.Equal(widths, TableFit.Of(widths, TableFit.Unlimited, 1, i => i == 0, [2]));
    }

    [Theory]
    [InlineData("svc/shop/reviews:80", 19, "svc/shop/reviews:80")]
    [InlineData("svc/shop/reviews:80", 18, "svc/sho\u2026reviews:80")]
    [InlineData("svc/shop/reviews:80", 4, "\u2026:80")]
    [InlineData("svc/shop/reviews:80", 3, "\u2026")]
    [InlineData("svc/shop/reviews", 9, "svc/\u2026iews")]
    [InlineData("日本語日本語:443", 11, "日\u2026本語:443")]
    [InlineData("x", 0, "")]
    public void NamesAreShortenedInTheMiddleAndKeepTheirPorts(string name, int width, string expected)
    {
        string shortened = LineWidth.Shorten(name, width);
        Assert.InRange(LineWidth.Of(shortened), 0, Math.Max(width, 0));
        Assert.Equal(expected, shortened);
    }
}
