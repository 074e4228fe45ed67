using System.Globalization;
using System.Text.RegularExpressions;
using TcpTracer.Formats.Events;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Replay.Reports;

/// <summary>The page of <c>report</c> in a real Chromium.</summary>
public sealed class ReportPageTests : IClassFixture<Chromium>, IDisposable
{
    private const int MostBytes = 2_000_000, MostRows = 50;
    private static readonly string s_shop = Path.Combine(TcptracerProgram.Repository, "tests", "golden", "shop-1.0.tct");

    private readonly TemporaryFolder _folder = new();
    private readonly Chromium _browser;

    public ReportPageTests(Chromium browser)
    {
        _browser = browser;
        browser.OpenTab();
    }

    private string Report(byte[] trace)
    {
        string file = _folder.File("reported.tct");
        File.WriteAllBytes(file, trace);
        return Report(file);
    }

    private string Report(string trace)
    {
        string page = _folder.File("report.html");
        RunResult run = TcptracerProgram.Run("report", trace, "-o", page, "--force");
        Assert.True(run.ExitCode == 0, run.Errors);
        return page;
    }

    private void OpenShop() => _browser.Open(Report(s_shop));

    private const string Rows = "#edges tbody tr";

    /// <summary>Nothing was complained about, and nothing but the page was asked for.</summary>
    private void RequireQuiet()
    {
        Assert.Empty(_browser.Complaints);
        Each.Of(_browser.Requests, r => Assert.StartsWith("file://", r, StringComparison.Ordinal));
        Each.Of(_browser.Requests, r => Assert.EndsWith("/report.html", r, StringComparison.Ordinal));
    }

    private string[] Cells(int column) => _browser.Texts($"{Rows} td:nth-child({column})");

    private string Tile(int number) => _browser.Text($"document.querySelectorAll('.tile b')[{number - 1}].textContent");

    [Fact]
    public void PageShowsTheContentsOfTheTrace()
    {
        OpenShop();
        Assert.Equal("TCP connections on worker-1", _browser.Text("document.title"));
        int connections = TcptracerProgram.Run("show", s_shop, "--connections", "--no-headers").Lines.Length;
        Assert.Equal(connections.ToString(CultureInfo.InvariantCulture), Tile(1));
        Assert.Equal("5", Tile(2));
        Assert.Equal(connections, Cells(4).Sum(c => int.Parse(c, CultureInfo.InvariantCulture)));
        Assert.Contains("ECONNREFUSED 3", _browser.Texts("#failures tbody td"));
        Assert.Contains("worker-1", _browser.Texts("#facts dd"));
        string[] notices = _browser.Texts("#notices li");
        Assert.Equal(2, notices.Length);
        Assert.Contains("the recording kept only what -F", notices[0], StringComparison.Ordinal);
        Assert.Contains("there are at least 61", notices[1], StringComparison.Ordinal);
        RequireQuiet();
    }

    /// <summary>A ticket is opened on a phone, too: nothing lies beside the screen, and text has the size that it says.</summary>
    [Fact]
    public void PageCanBeReadOnAPhone()
    {
        const int wide = 400;
        _browser.Resize(wide, 800);
        OpenShop();
        Assert.InRange(_browser.Number("document.documentElement.scrollWidth"), 1, wide);
        string[] right = [.. new[] { "#map .node", "#map .edge .line", "#map .group", "#timeline text", "#timeline .slot" }.Select(s =>
            $"Math.ceil(Math.max(...[...document.querySelectorAll('{s}')].map(e => e.getBoundingClientRect().right)))")];
        Each.Of(right, r => Assert.InRange(_browser.Number(r), 100, wide));
        Each.Of(["map", "timeline"], place => Assert.InRange(
            _browser.Number($"Math.round(100 * document.querySelector('#{place} svg text').getScreenCTM().a)"), 95, 105));
        Assert.Equal(0, _browser.Number("""
            (() => {
              const boxes = [...document.querySelectorAll('#timeline text')].map(t => t.getBoundingClientRect());
              const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
              return boxes.filter((a, i) => boxes.some((b, j) => j > i && meet(a, b))).length;
            })()
            """));
        RequireQuiet();
    }

    /// <summary>What failed stands where it failed, as in the tables: the connects of the trace began in an earlier interval.</summary>
    [Fact]
    public void FailuresStandInTheTimelineWhenTheyFailed()
    {
        TcpEvent late = SampleEvents.Make(Operation.ConnectFailed), other = SampleEvents.Make(Operation.Connect);
        late.Error = 110;
        late.StartNs -= 60_000_000_000; // it took a minute
        _browser.Open(Report(TraceBytes.Write([other, late])));
        Assert.Equal(1, _browser.Number("document.querySelectorAll('#timeline .bar-fail').length"));
        Assert.InRange(_browser.Number("Math.round(document.querySelector('#timeline .bar-fail').x.baseVal.value)"), 1_100, 1_180);
    }

    [Fact]
    public void ClickOnALineSelectsItAndEscapeShowsAll()
    {
        OpenShop();
        int all = _browser.Texts(Rows).Length;
        int slots = _browser.Number("document.querySelectorAll('.bar-call').length");
        _browser.Click("document.querySelector('.edge[aria-label^=\"deployment/shop/web to svc/shop/reviews\"]')");
        Assert.Equal("Only deployment/shop/web \u2192 svc/shop/reviews", _browser.Text("document.getElementById('filter').textContent"));
        Assert.Equal(["svc/shop/reviews"], Cells(2));
        Assert.Equal(("3", "3"), (Tile(1), Tile(2)));
        Assert.InRange(_browser.Number("document.querySelectorAll('.bar-call').length"), 1, slots - 1);
        Each.Of(new[] { "#failures", "#slow", "#parties" },
            t => Assert.DoesNotContain("traefik",
                _browser.Text($"document.querySelector('{t} tbody').textContent"), StringComparison.Ordinal));
        Assert.Equal(1, _browser.Number("document.querySelectorAll('.edge:not(.dim)').length"));
        _browser.Press("Escape");
        Assert.Equal((all, "All connections"),
            (_browser.Texts(Rows).Length, _browser.Text("document.getElementById('filter').textContent")));
        Assert.Equal(0, _browser.Number("document.querySelectorAll('.dim').length"));
        RequireQuiet();
    }

    [Fact]
    public void ClickOnABoxOrARowSelectsIt()
    {
        OpenShop();
        _browser.Click("document.querySelector('.node[aria-label^=\"svc/shop/db:\"]')");
        Each.Of(Cells(2), to => Assert.Equal("svc/shop/db", to));
        Assert.Equal(2, Cells(2).Length);
        _browser.Click("document.querySelector('.node[aria-label^=\"svc/shop/db:\"]')");
        Assert.Equal("All connections", _browser.Text("document.getElementById('filter').textContent"));
        _browser.Click($"document.querySelector('{Rows}:nth-child(3)')");
        Assert.Single(Cells(1));
        _browser.Click("document.getElementById('clear')");
        Assert.True(Cells(1).Length > 1);
        RequireQuiet();
    }

    [Fact]
    public void KeyboardReachesBoxesLinesAndTables()
    {
        OpenShop();
        var reached = new HashSet<string>();
        for (int presses = 0; presses < 200 && !reached.Contains("pick"); presses++)
        {
            _browser.Press("Tab");
            string what = _browser.Text("String(document.activeElement.getAttribute('class') || document.activeElement.id)").Split(' ')[0];
            if (!reached.Add(what) || what is not ("edge" or "node" or "pick"))
                continue;
            _browser.Press("Enter");
            Assert.NotEqual("All connections", _browser.Text("document.getElementById('filter').textContent"));
            if (what != "pick")
                Assert.Equal("true", _browser.Text("document.activeElement.getAttribute('aria-pressed')"));
            _browser.Press("Escape");
            Assert.Equal("All connections", _browser.Text("document.getElementById('filter').textContent"));
        }
        Assert.Superset(new HashSet<string> { "skip", "search", "edge", "node", "pick" }, reached);
    }

    [Fact]
    public void TablesCanBeSearchedAndSorted()
    {
        OpenShop();
        int all = Cells(1).Length;
        _browser.Value("document.getElementById('search').focus()");
        _browser.Type("6379");
        Assert.Equal(["6379", "6379"], Cells(3));
        Assert.Equal($"2 of {all}", _browser.Text("document.querySelector('#h-edges span').textContent"));
        _browser.Press("Escape");
        Assert.Equal(all, Cells(1).Length);
        int[] Ports() => [.. Cells(3).Select(c => int.Parse(c, CultureInfo.InvariantCulture))];
        const string port = "document.querySelector('#edges th:nth-child(3) button')";
        _browser.Click(port);
        Assert.Equal(Ports().OrderDescending(), Ports());
        Assert.Equal("descending", _browser.Text("document.querySelector('#edges th:nth-child(3)').getAttribute('aria-sort')"));
        _browser.Click(port);
        Assert.Equal(Ports().Order(), Ports());
        Assert.Equal("ascending", _browser.Text("document.querySelector('#edges th:nth-child(3)').getAttribute('aria-sort')"));
        RequireQuiet();
    }

    [Fact]
    public void HostileNamesAreShownAsPlainText()
    {
        OpenShop();
        const string scripts = "document.querySelectorAll('script').length";
        int honest = _browser.Number(scripts);
        string page = Report(ReportedTraces.Hostile());
        _browser.Open(page);
        _browser.Click("document.querySelector('.node')");
        _browser.Press("Escape");
        Assert.Equal("undefined", _browser.Text("typeof owned"));
        Assert.Equal(0, _browser.Number("document.querySelectorAll('img, iframe, [onerror], [onload], [onmouseover], [style]').length"));
        Assert.Equal(honest, _browser.Number(scripts));
        string shown = _browser.Text("document.getElementById('edges').textContent");
        Each.Of(["</script><img src=x onerror=owned=1>", "\\u202egnp.exe", "__proto__", "\\u2028owned", "\\x1b[31m", "a\\x00b"],
            name => Assert.Contains(name, shown, StringComparison.Ordinal));
        Assert.DoesNotMatch(@"[\u202e\u2028\x00-\x08\x1b]|x{300}", _browser.Text("document.body.innerText"));
        string html = File.ReadAllText(page);
        Assert.DoesNotMatch(@"[<>&\u2028\u2029]",
            Regex.Match(html, "type=\"application/json\">(.*?)</script>", RegexOptions.Singleline).Groups[1].Value);
        RequireQuiet();
        _browser.ForbidScripts();
        _browser.Open(page);
        RequireQuiet();
    }

    /// <summary>What is put into the page all the same is refused.</summary>
    [Theory]
    [InlineData("<img src=x onerror=owned=1>", "script-src-attr")]
    [InlineData("<img src='http://192.0.2.1/x.png'>", "img-src")]
    [InlineData("<b style='color: red'>x</b>", "style-src-attr")]
    public void ContentSecurityPolicyHasNoExceptions(string html, string directive)
    {
        OpenShop();
        _browser.Value($"document.body.insertAdjacentHTML('beforeend', \"{html}\"); document.fonts.status");
        _browser.Value("new Promise(r => setTimeout(r, 0)) && 0");
        Assert.Contains(_browser.Complaints, c => c.Contains(directive, StringComparison.Ordinal));
        Assert.Equal("undefined", _browser.Text("typeof owned"));
        Each.Of(_browser.Requests, r => Assert.DoesNotContain("192.0.2.1", r, StringComparison.Ordinal));
        Assert.DoesNotContain("unsafe", _browser.Text("document.querySelector('meta[http-equiv]').content"), StringComparison.Ordinal);
    }

    [Fact]
    public void AHundredThousandConnectionsTakeTwoMegabytes()
    {
        string page = Report(ReportedTraces.Large(100_000));
        Assert.InRange(new FileInfo(page).Length, 0, MostBytes);
        _browser.Open(page);
        Assert.Equal("100,000", Tile(1));
        Assert.Equal(MostRows, Cells(1).Length);
        Assert.Equal(60, _browser.Number("document.querySelectorAll('.node').length"));
        Assert.Contains("pairs of caller and called", string.Concat(_browser.Texts("#notices li")), StringComparison.Ordinal);
        Assert.Contains("more pairs", string.Concat(Cells(2)), StringComparison.Ordinal);
        _browser.Click("document.querySelector('#edges .more')");
        Assert.Equal(100_000, Cells(4).Sum(c => int.Parse(c, NumberStyles.AllowThousands, CultureInfo.InvariantCulture)));
        RequireQuiet();
    }

    [Fact]
    public void PageFollowsTheColourSchemeAndPrintsLight()
    {
        OpenShop();
        string Background() => _browser.Text("getComputedStyle(document.body).backgroundColor");
        _browser.Prefer("dark");
        Assert.Equal("rgb(20, 23, 28)", Background());
        Assert.StartsWith("\x89PNG", System.Text.Encoding.Latin1.GetString(_browser.Picture()), StringComparison.Ordinal);
        _browser.Prefer("dark", "print");
        Assert.Equal("rgb(255, 255, 255)", Background());
        Assert.StartsWith("%PDF", System.Text.Encoding.Latin1.GetString(_browser.Print()), StringComparison.Ordinal);
        _browser.Prefer("light");
        Assert.Equal("rgb(246, 247, 249)", Background());
        RequireQuiet();
    }

    [Fact]
    public void PageWithoutScriptsShowsATable()
    {
        _browser.ForbidScripts();
        OpenShop();
        string html = File.ReadAllText(_folder.File("report.html"));
        string plain = Regex.Match(html, "<noscript>(.*?)</noscript>", RegexOptions.Singleline).Groups[1].Value;
        Assert.Contains("<td>deployment/shop/web</td><td>svc/shop/reviews</td><td>80</td><td>3</td><td>3</td>",
            plain, StringComparison.Ordinal);
        Assert.Contains("lost: 0 events", plain, StringComparison.Ordinal);
        RequireQuiet();
    }

    public void Dispose() => _folder.Dispose();
}
