using System.Text.Json;
using TcpTracer.Formats.Events;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Replay.Copies;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>The page of <c>tcptracer summary</c>. The guide shows the whole page of the shop, byte for byte.</summary>
public sealed class SummaryPageTests : IDisposable
{
    private static readonly string s_shop = Path.Combine(TcptracerProgram.Repository, "tests", "golden", "shop-1.0.tct");
    private readonly TemporaryFolder _folder = new();

    private static RunResult Page(params string[] arguments) => TcptracerProgram.Run(["summary", .. arguments]);

    private static JsonElement Json(params string[] arguments) =>
        JsonDocument.Parse(Assert.Single(Page([.. arguments, "-o", "json"]).Lines)).RootElement;

    private static string[] Section(RunResult run, string heading) =>
        [.. run.Output.Split('\n').SkipWhile(l => !l.StartsWith(heading, StringComparison.Ordinal)).TakeWhile(l => l.Length > 0)];

    private string Write(string name, params TcpEvent[] events)
    {
        string file = _folder.File(name);
        File.WriteAllBytes(file, SampleEvents.Trace(events: events));
        return file;
    }

    [Fact]
    public void SuggestedCommandsShowTheRows()
    {
        string[] hints = [.. Section(Page(s_shop), "The rows behind").Skip(1)];
        Assert.Equal(5, hints.Length);
        Each.Of(hints, hint =>
        {
            RunResult run = Shell.Run(hint.Trim());
            Assert.Equal((0, ""), (run.ExitCode, run.Errors));
            Assert.InRange(run.Lines.Length, 2, 1_000);
        });
        Assert.Equal(6, Shell.Run(hints[0].Trim()).Lines.Length); // five failures and a header
    }

    [Fact]
    public void SuggestedCommandsKeepTheSelection()
    {
        string[] hints = Section(Page(s_shop, "-n", "shop", "-F", "dport == 6379 or dport == 80", "--since", "01:55:07"), "The rows");
        Each.Of(hints.Skip(1), h => Assert.Contains(" --namespace shop ", h));
        Each.Of(hints.Skip(1), h => Assert.Contains("--since 2026-11-28T01:55:07Z", h));
        Assert.Contains(hints, h => h.Contains("'(dport == 6379 or dport == 80) and reason in", StringComparison.Ordinal));
    }

    [Fact]
    public void SummarySelectsAsShowDoes()
    {
        foreach (string[] options in new string[][]
        {
            ["--failed"], ["--comm", "nginx"], ["-n", "shop", "--op", "C"], ["-F", "dport == 5432"], ["--since", "01:55:10"],
            ["--until", "2026-11-28T01:55:08Z"],
        })
        {
            int shown = TcptracerProgram.Run(["show", s_shop, "--no-headers", .. options]).Lines.Length;
            Assert.InRange(shown, 1, 226);
            Assert.Equal(shown, Json([s_shop, .. options]).GetProperty("events").GetInt32());
        }
    }

    [Fact]
    public void FilesPipesAndPackedFilesGiveTheSamePage()
    {
        static string[] Rest(RunResult run) =>
            [.. run.Output.Split('\n').Skip(1).TakeWhile(l => !l.StartsWith("  selected", StringComparison.Ordinal))];
        string[] plain = Rest(Page(s_shop));
        Assert.InRange(plain.Length, 60, 200);
        Assert.Equal(plain, Rest(Shell.Run("cat $1 | tcptracer summary -", s_shop)));
        Assert.Equal(plain, Rest(Shell.Run("gzip -c $1 > $2/shop.tct.gz; tcptracer summary $2/shop.tct.gz", s_shop, _folder.Path)));
        Assert.Equal(2 * 5, Json(s_shop, s_shop).GetProperty("operations").GetProperty("connect-failed").GetInt32());
    }

    [Fact]
    public void JsonHasTheSameNumbersAsThePage()
    {
        JsonElement page = Json(s_shop);
        Assert.Equal((227, 116, 5), (page.GetProperty("events").GetInt32(), page.GetProperty("connections").GetInt32(),
            page.GetProperty("states").GetProperty("failed").GetInt32()));
        JsonElement first = page.GetProperty("failures").GetProperty("rows")[0];
        Assert.Equal(("ECONNREFUSED", "svc/shop/reviews", 80, 3), (first.GetProperty("error").GetString(),
            first.GetProperty("to").GetString(), first.GetProperty("port").GetInt32(), first.GetProperty("count").GetInt32()));
        string conn = first.GetProperty("conn")[0].GetString()!;
        Assert.Single(TcptracerProgram.Run("show", s_shop, "--no-headers", "-F", $"conn == {conn}").Lines);
        JsonElement calls = page.GetProperty("calls");
        Assert.Equal((10, 13), (calls.GetProperty("rows").GetArrayLength(), calls.GetProperty("more").GetInt32()));
        JsonElement all = Json(s_shop, "--limit", "1000").GetProperty("calls");
        Assert.Equal((23, 0), (all.GetProperty("rows").GetArrayLength(), all.GetProperty("more").GetInt32()));
        Assert.Equal(116, all.GetProperty("rows").EnumerateArray().Sum(c => c.GetProperty("calls").GetInt32()));
        Assert.Equal(227, page.GetProperty("rate").GetProperty("events").EnumerateArray().Sum(e => e.GetInt32()));
    }

    [Fact]
    public void LimitAppliesToEachTable()
    {
        string[] slowest = Section(Page(s_shop, "--limit", "2"), "Slowest connects");
        Assert.Equal((5, "  ... and 9 more"), (slowest.Length, slowest[^1]));
    }

    [Fact]
    public void EmptySectionIsAShortLineOrOmitted()
    {
        RunResult run = Page(s_shop, "--comm", "kubelet");
        Assert.Equal(["Failed: none"], Section(run, "Failed"));
        Assert.Empty(Section(run, "Broken"));
        run = Page(s_shop, "--comm", "nobody");
        Assert.Equal((0, "tcptracer: the selection (--comm nobody) hides all 227 events; "
            + "`tcptracer summary FILE --by comm` lists what there is\n"), (run.ExitCode, run.Errors));
        // How often a sentence with the trace's path is wrapped depends on that path: its continuation lines are set further in
        Assert.Equal(["selection", "events", "Not", "lost", "selected"],
            run.Lines.Skip(1).Where(l => !l.StartsWith("     ", StringComparison.Ordinal)).Select(l => l.Trim().Split(' ')[0]));
    }

    /// <summary>Names that a terminal would obey, wide ones and long ones.</summary>
    [Theory]
    [InlineData("\e[2J\r\n")]
    [InlineData("\u202egnirts\u200b")]
    [InlineData("日本語日本語日本語")]
    [InlineData("a name with blanks")]
    public void PageHasNoControlCharactersAndNoLongLines(string comm)
    {
        TcpEvent[] events = [.. Enumerable.Range(1, 40).Select(i => SampleEvents.Make((Operation)(1 + i % 8), comm) with
        {
            StartNs = 1_000 * i, TimestampNs = 1_000 * i + 500, Error = (ushort)(i % 4 == 0 ? 9_999 : 0), Dport = (ushort)i,
            Daddr = SampleEvents.AddressOf("2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff"),
        })];
        RunResult run = Page(Write("t.tct", events));
        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        string page = string.Join('\n', run.Output.Split('\n').Skip(1).TakeWhile(l => !l.StartsWith("The rows", StringComparison.Ordinal)));
        Assert.DoesNotContain('\u2026', page); // a pipe has room for everything
        Assert.DoesNotContain(page, c => char.IsControl(c) && c != '\n');
        Assert.DoesNotContain('\u202e', page);
        Assert.DoesNotContain('\e', Page(Write("t.tct", events), "-o", "json").Output);
    }

    [Fact]
    public void DamageAndCutsAreReported()
    {
        byte[] shop = File.ReadAllBytes(s_shop);
        string cut = _folder.File("cut.tct"), bad = _folder.File("bad.tct");
        File.WriteAllBytes(cut, shop[..(shop.Length / 2)]);
        RunResult run = Page(cut);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("is cut off at offset", Assert.Single(run.ErrorLines));
        string unknown = string.Join(' ', Section(run, "Not known").Select(l => l.Trim()));
        Assert.Contains("0 events while recording; how many are missing in the files is not known", unknown);
        Assert.Contains("is cut off at offset", unknown);
        Assert.Contains("the recording kept only what -F", unknown);
        Assert.False(Json(cut).GetProperty("complete").GetBoolean());
        Assert.Contains("is cut off", Json(cut).GetProperty("missing")[0].GetString());
        Assert.True(Json(s_shop).GetProperty("complete").GetBoolean());
        Assert.Contains("the recording kept only", Json(s_shop).GetProperty("selected")[0].GetString());
        shop[shop.Length / 2] ^= 0xff;
        File.WriteAllBytes(bad, shop);
        run = Page(bad, s_shop);
        Assert.Equal(3, run.ExitCode);
        Assert.Contains("damaged at offset", run.Errors);
        Assert.Contains("Who calls whom", run.Output);
    }

    /// <summary>The page, the report and the policy mean the same moment: when it failed, not when it was tried.</summary>
    [Fact]
    public void WhenItFailedIsTheSameEverywhere()
    {
        JsonElement row = Json(s_shop).GetProperty("failures").GetProperty("rows")[1];
        string shown = TcptracerProgram.Run("show", s_shop, "-F", "error == ETIMEDOUT", "--fields", "timestamp", "--no-headers").Lines[0];
        Assert.Equal(shown.Trim(), row.GetProperty("first").GetString());
        Assert.Contains("failed 2026-11-28T01:55:12Z to 2026-11-28T01:55:12Z", TcptracerProgram.Run("policy", s_shop).Output);
        string report = _folder.File("r.html");
        TcptracerProgram.Run("report", s_shop, "-o", report);
        long us = (DateTimeOffset.Parse(shown, System.Globalization.CultureInfo.InvariantCulture).UtcTicks - DateTime.UnixEpoch.Ticks) / 10;
        Assert.Contains($"\"firstFailed\":{us}", File.ReadAllText(report));
    }

    [Fact]
    public void ASelectionWithoutEndsDoesNotSayThatConnectionsAreOpen()
    {
        Assert.DoesNotContain("still open", Page(s_shop, "--op", "C").Output);
        Assert.Contains("whose ends are not selected", Page(s_shop, "--op", "C").Output);
        Assert.Contains("closed", Page(s_shop).Output);
    }

    [Fact]
    public void ABareLengthOfTimeIsPointedOut()
    {
        string note = Assert.Single(Page(s_shop, "-F", "not (latency > 500)").ErrorLines);
        Assert.Contains("500 nanoseconds", note);
        Assert.Contains("500ms", note);
        foreach (string plain in new[] { "latency > 500us", "latency_ns > 500", "latency", "dport > 500", "latency > 0" })
            Assert.DoesNotContain("nanoseconds", Page(s_shop, "-F", plain).Errors);
    }

    /// <summary>On a terminal nothing wraps: names are shortened, numbers are whole. A wide one has room for all.</summary>
    [Theory]
    [InlineData("summary")]
    [InlineData("summary --by comm,dst")]
    [InlineData("info")]
    public void NothingWrapsOnATerminal(string command)
    {
        string piped = TcptracerProgram.Run([.. command.Split(' '), s_shop]).Output;
        static string[] On(string line, int columns)
        {
            using var terminal = new TmuxSession(line, columns, rows: 150);
            return [.. terminal.WaitFor("ended 0").Select(l => l.TrimEnd()).TakeWhile(l => l != "ended 0")];
        }
        string program = $"{TcptracerProgram.Path} {command} {s_shop}";
        string[] narrow = On(program, 80), wide = On(program, 200);
        Each.Of(wide.Where(l => l.Length > 0 && !l.StartsWith("   ", StringComparison.Ordinal)).Take(40),
            l => Assert.DoesNotContain('\u2026', l));
        string[] rows = [.. piped.Split('\n').Where(l => l.Contains("svc/shop/", StringComparison.Ordinal) && !l.Contains("tcptracer"))];
        // Every row of a table is one line, which begins as it does in a pipe and keeps its ports
        Assert.Equal(command == "info", rows.Length == 0);
        if (rows.Length > 0)
        {
            Each.Of(rows, r => Assert.Contains(narrow, l => l.TrimStart().Split(' ')[0].Split('\u2026')[0] is { Length: > 0 } begin
                && r.TrimStart().StartsWith(begin, StringComparison.Ordinal)));
        }
        Assert.DoesNotContain(narrow, l => l.Length > 80);
    }

    [Fact]
    public void PageReportsLosses()
    {
        string file = _folder.File("lost.tct");
        File.WriteAllBytes(file, FullTrace.Write());
        RunResult run = Page(file);
        Assert.DoesNotContain("lost        0 events", run.Output);
        Assert.Contains("lost", Section(run, "Not known")[1]);
        Assert.NotEmpty(Json(file).GetProperty("losses").EnumerateArray());
    }

    /// <summary>More connections, parties, errors and ports than the page tells apart.</summary>
    [Fact]
    public void MemoryIsBoundedForAnyNumberOfGroups()
    {
        const int many = 150_000, limitKb = 160 * 1024; // of the debug program, which has a runtime to load
        var random = new Random(5);
        TcpEvent open = SampleEvents.Make(Operation.Connect);
        TcpEvent[] events = [.. Enumerable.Range(0, many).Select(i => open with
        {
            StartNs = open.StartNs + i * 1_000, TimestampNs = open.TimestampNs + i * 1_000, Dport = (ushort)random.Next(1 << 16),
            Daddr = SampleEvents.AddressOf($"10.{random.Next(256)}.{random.Next(256)}.{random.Next(256)}"),
            Operation = i % 2 == 0 ? Operation.Connect : Operation.ConnectFailed, Error = (ushort)(i % 2 == 0 ? 0 : random.Next(1, 130)),
        })];
        string file = _folder.File("many.tct");
        File.WriteAllBytes(file, TraceBytes.Write(events));
        MeasuredRun run = MeasuredRun.Of("summary", file);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("more than 16384 connections were open at once", run.Errors);
        Assert.InRange(run.PeakKb, 1, limitKb);
        JsonElement page = Json(file);
        Assert.Equal((many, many), (page.GetProperty("events").GetInt32(), page.GetProperty("connections").GetInt32()));
    }

    public void Dispose() => _folder.Dispose();
}
