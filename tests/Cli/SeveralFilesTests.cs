using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Formats.Connections;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>
/// Commands over several files: times mean one moment for all of them, and a file that is not a trace does not stop the others.
/// </summary>
public sealed class SeveralFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private const long Minute = 60_000_000_000;

    private string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(_folder.File(name), bytes);
        return _folder.File(name);
    }

    /// <summary>A trace with an event every ten minutes, of a boot that no other trace has.</summary>
    private static byte[] Trace(string start, int events, string comm, Operation operation = Operation.Connect)
    {
        long wall = (DateTimeOffset.Parse(start, System.Globalization.CultureInfo.InvariantCulture) - DateTimeOffset.UnixEpoch).Ticks * 100;
        long boot = 7 * Minute + (uint)start.GetHashCode(StringComparison.Ordinal);
        var to = new MemoryStream();
        var writer = new TraceWriter(to, new TraceHeader
        {
            Node = "n", BootId = start,
            Clock = new ClockSample(boot, wall, boot, 1, ClockCause.Start)
        }, TimeSpan.Zero);
        for (int i = 0; i < events; i++)
        {
            TcpEvent e = SampleEvents.Make(operation, comm);
            e.TimestampNs = boot + i * 10 * Minute;
            writer.OnEvent(in e);
            writer.OnPause();
        }
        writer.Finish(new TraceEnd("test", events, events, 0));
        return to.ToArray();
    }

    private static string[] Times(params string[] arguments) =>
        [.. TcptracerProgram.Run(["show", "-o", "custom-columns=timestamp", "--no-headers", .. arguments]).Lines.Select(l => l[11..16])];

    /// <summary>As after `merge`: the same connections, each once.</summary>
    [Fact]
    public void AConnectionCountsOnceIfItsEndsAreInDifferentFiles()
    {
        const int connections = 20;
        TcpEvent[] EndsOf(Operation opening, string comm) => [.. Enumerable.Range(1, connections).SelectMany(i => new[]
        {
            Gathered.Of(opening, i * 10_000_000 + (int)opening, 1_000_000, (ulong)i, comm: comm),
            Gathered.Of(Operation.Close, i * 10_000_000 + (int)opening, 5_000_000, (ulong)i, Reason.Close, comm: comm),
        })];
        string a = Write("a.tct", SampleEvents.Trace(events: EndsOf(Operation.Connect, "curl")));
        string b = Write("b.tct", SampleEvents.Trace(events: EndsOf(Operation.Accept, "nginx"))), merged = _folder.File("m.tct");
        RunResult run = TcptracerProgram.Run("merge", a, b, "--align", "none", "-o", merged);
        Assert.True(run.ExitCode == 0, run.Errors);
        string Connections(params string[] files) => System.Text.Json.JsonDocument.Parse(
            TcptracerProgram.Run(["summary", "-o", "json", .. files]).Output).RootElement.GetProperty("connections").GetRawText();
        int Rows(params string[] files) => TcptracerProgram.Run(["show", "--connections", "--no-headers", .. files]).Lines.Length;
        Assert.Equal($"{connections}", Connections(merged));
        Assert.Equal($"{connections}", Connections(a, b));
        Assert.Equal($"{connections}", Connections(b, a));
        Assert.Equal(Rows(merged), Rows(a, b));
        string page = _folder.File("r.html");
        Assert.StartsWith($"{Connections(merged)} connections of ", TcptracerProgram.Run("report", a, b, "-o", page).Errors);
    }

    [Theory]
    [InlineData("none.tct a.tct --last 1")]
    [InlineData("a.tct none.tct --first 1")]
    public void MissingFileIsNamedEvenWhenItNeedNotBeRead(string arguments)
    {
        Write("a.tct", Trace("2026-11-23T23:00:00Z", 6, "a"));
        RunResult run = Shell.Run($"cd $1; tcptracer show {arguments} --no-headers", _folder.Path);
        Assert.Equal((1, 1, "tcptracer: none.tct: there is no such file"), (run.ExitCode, run.Lines.Length, Assert.Single(run.ErrorLines)));
    }

    [Fact]
    public void SummaryOfNoEventsPrintsNoTable()
    {
        RunResult run = TcptracerProgram.Run("summary", _folder.File("none.tct"));
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
    }

    [Fact]
    public void ATimeOfDayIsOneMomentForAllFiles()
    {
        string first = Write("a.tct", Trace("2026-11-23T23:00:00Z", 6, "a")),
            second = Write("b.tct", Trace("2026-11-24T00:00:00Z", 6, "b"));
        Assert.Equal(["23:40", "23:50", "00:00", "00:10"], Times(first, second, "--since", "23:40", "--until", "00:20"));
        Assert.Equal(["00:00", "00:10", "23:40", "23:50"], Times(second, first, "--since", "23:40", "--until", "00:20"));
        Assert.Equal(["00:30", "00:40", "00:50"], Times(first, second, "--since", "00:30"));
        RunResult summary = TcptracerProgram.Run(
            "summary", first, second, "--by", "comm", "--since", "23:40", "--until", "00:20", "-o", "json");
        Each.Of(summary.Lines, l => Assert.Contains("\"events\":2", l));
        Assert.Equal(2, summary.Lines.Length);
    }

    /// <summary>A flight recorder has many days: who asks for 03:00 may mean last night.</summary>
    [Theory]
    [InlineData("show")]
    [InlineData("summary --by comm")]
    [InlineData("summary")]
    [InlineData("filter --force -o OUT")]
    [InlineData("merge --force -o OUT")]
    [InlineData("policy")]
    public void DayOfATimeOfDayIsSaidWhereItCouldBeAnother(string command)
    {
        string first = Write("a.tct", Trace("2026-11-23T03:00:00Z", 6, "a")), last = Write("b.tct", Trace("2026-11-25T03:00:00Z", 6, "b"));
        string[] asked = [.. command.Replace("OUT", _folder.File("o.tct")).Split(' '), "--since", "03:10", "--until", "03:40"];
        const string sentence = "tcptracer: --since 03:10 (2026-11-23T03:10:00Z) --until 03:40 (2026-11-23T03:40:00Z) is not the last such "
            + "time: the events go on until 2026-11-25T03:50:00Z, and --since 2026-11-25T03:10:00Z --until 2026-11-25T03:40:00Z is";
        Assert.Contains(sentence, TcptracerProgram.Run([.. asked, first, last]).ErrorLines);
        Assert.DoesNotContain("not the last such time", TcptracerProgram.Run([.. asked, first]).Errors);
    }

    [Fact]
    public void ATimeOfDayIsInTheZoneAskedFor()
    {
        string trace = Write("a.tct", Trace("2026-11-23T23:00:00Z", 6, "a"));
        RunResult run = TcptracerProgram.RunWith(null, [("TZ", "Asia/Tokyo")], "show", trace, "--since", "08:40", "--time", "local", "-o",
            "custom-columns=timestamp", "--no-headers");
        Assert.Equal(2, run.Lines.Length);
        Assert.StartsWith("2026-11-23T23:40", run.Lines[0]);
    }

    /// <summary>It is said once, and only where local times are asked for.</summary>
    [Theory]
    [InlineData("Foo/Bar", "local", 1)]
    [InlineData("/etc/passwd", "local", 1)]
    [InlineData("Foo/Bar", "utc", 0)]
    [InlineData("Asia/Tokyo", "local", 0)]
    [InlineData("Europe/London", "local", 0)]
    [InlineData(":/usr/share/zoneinfo/UTC", "local", 0)]
    [InlineData("UTC0", "local", 0)]
    [InlineData("", "local", 0)]
    public void UnknownTimeZoneIsReportedOnce(string zone, string time, int count)
    {
        string trace = Write("a.tct", Trace("2026-11-23T23:00:00Z", 1, "a"));
        RunResult run = TcptracerProgram.RunWith(
            null, [("TZ", zone)], "show", trace, "--since", "2026-11-23T00:00:00Z", "--time", time, "-o", "short");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains(zone == "Asia/Tokyo" ? "08:00:00" : "23:00:00", run.Output);
        string sentence =
            $"tcptracer: --time local: $TZ is {zone}, which this machine does not know as a time zone: local times are in UTC";
        Assert.Equal(Enumerable.Repeat(sentence, count), run.ErrorLines);
    }

    [Fact]
    public void TimeOfDayThatSelectsNothingIsPrintedWithItsDate()
    {
        RunResult run = TcptracerProgram.Run("show", Write("a.tct", Trace("2026-11-23T23:00:00Z", 6, "a")), "--since",
            "03:00", "-o", "json");
        Assert.Equal("tcptracer: the selection (--since 03:00 (2026-11-24T03:00:00Z)) hides all 6 events (the files begin at "
            + "2026-11-23T23:00:00Z, so 03:00 is of the next day; --since 2026-11-23T03:00:00Z names the first)",
            Assert.Single(run.ErrorLines));
        run = TcptracerProgram.Run("show", Write("a.tct", Trace("2026-11-23T01:00:00Z", 6, "a")), "--since", "03:00", "-o", "json");
        // the first day
        Assert.Equal("tcptracer: the selection (--since 03:00 (2026-11-23T03:00:00Z)) hides all 6 events: the events are from "
            + "2026-11-23T01:00:00Z to 2026-11-23T01:50:00Z", Assert.Single(run.ErrorLines));
    }

    /// <summary>
    /// A user who wants all of that day types this, and gets nothing. The sentence has the options that give all of that day.
    /// </summary>
    [Theory]
    [InlineData("show", "")]
    [InlineData("summary --by comm", "")]
    [InlineData("show", "02:00")]
    public void TimeBeforeTheFirstEventIsExplained(string command, string until)
    {
        string trace = Write("a.tct", Trace("2026-11-23T01:30:00Z", 2, "a"));
        string[] end = until.Length == 0 ? [] : ["--until", until];
        RunResult run = TcptracerProgram.Run([.. command.Split(' '), trace, "--since", "00:00", .. end]);
        string sentence = Assert.Single(run.ErrorLines);
        Assert.Contains("the files begin at 2026-11-23T01:30:00Z, so 00:00 is of the next day", sentence);
        string named = sentence[(sentence.LastIndexOf("--since ", StringComparison.Ordinal) + "--since ".Length)..].Split(' ')[0];
        RunResult all = TcptracerProgram.Run([.. command.Split(' '), trace, "--since", named, .. end]);
        Assert.Equal((0, ""), (all.ExitCode, all.Errors));
        Assert.Equal(TcptracerProgram.Run([.. command.Split(' '), trace]).Output, all.Output);
    }

    [Theory]
    [InlineData("verify")]
    [InlineData("info")]
    [InlineData("summary --by comm")]
    [InlineData("show")]
    public void FileThatIsNoTraceDoesNotStopTheOthers(string command)
    {
        string bad = Write("bad", "root:x:0:0"u8.ToArray()), damaged = Write("d.tct", Damaged()),
            good = Write("z.tct", Trace("2026-11-23T23:00:00Z", 6, "good"));
        RunResult run = TcptracerProgram.Run([.. command.Split(' '), bad, damaged, good]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"{bad}: this is not a trace", run.Errors);
        Assert.Contains(command == "show" || command.StartsWith("summary", StringComparison.Ordinal) ? "good" : good, run.Output);
        Assert.Equal(3, TcptracerProgram.Run([.. command.Split(' '), damaged, good]).ExitCode);
    }

    private static byte[] Damaged()
    {
        byte[] trace = Trace("2026-11-22T23:00:00Z", 6, "bad");
        trace[^20] ^= 0xff;
        return trace;
    }

    [Fact]
    public void EventsOfACutFileAreCounted()
    {
        byte[] whole = Trace("2026-11-23T23:00:00Z", 3, "a");
        // Whatever the length to which the file is cut, info, verify and show agree on the number of events
        foreach (int length in Enumerable.Range(0, 12).Select(i => whole.Length - i * whole.Length / 16 - 3))
        {
            string cut = Write("cut.tct", whole[..length]);
            int shown = Times(cut).Length;
            Assert.Contains($"\"events\":{shown},\"operations\"", TcptracerProgram.Run("info", cut, "-o", "json").Output);
            RunResult piped = Shell.Run("cat \"$1\" | tcptracer info - -o json", cut);
            Assert.Contains($"\"events\":{shown},\"operations\"", piped.Output);
        }
    }

    [Fact]
    public void ConcatenatedTracesOfSeveralBootsKeepTheirTimes()
    {
        string both = Write("both.tct", [.. Trace("2026-11-24T00:00:00Z", 2, "b"), .. Trace("2026-11-23T23:00:00Z", 2, "a")]);
        string info = TcptracerProgram.Run("info", both, "-o", "json").Output;
        Assert.Contains(
            "\"first\":\"2026-11-23T23:00:00.000000000Z\",\"last\":\"2026-11-24T00:10:00.000000000Z\",\"span_ns\":4200000000000", info);
        Assert.Contains("\"clock_drift_ns\":0", info);
    }

    [Theory]
    [InlineData("show")]
    [InlineData("summary --by comm")]
    public void ExistingIsSuggestedOnlyWhenItWouldShowEvents(string command)
    {
        string trace = Write("e.tct", Trace("2026-11-23T23:00:00Z", 3, "old", Operation.Existing));
        string Said(params string[] options) => TcptracerProgram.Run([.. command.Split(' '), trace, .. options]).Errors.Trim();
        Assert.Equal("tcptracer: there is nothing but 3 connections from before the recorder or open at its end (--existing shows them)",
            Said());
        Assert.Equal("tcptracer: the selection (--comm nobody) hides all 3 events"
            + "; `tcptracer summary FILE --by comm` lists what there is", Said("--comm", "nobody"));
        Assert.Equal("tcptracer: the selection (--comm nobody) hides all 3 events"
            + "; `tcptracer summary FILE --by comm` lists what there is", Said("--comm", "nobody", "--existing"));
        // it was read as -n ode
        Assert.Equal("tcptracer: the selection (--namespace ode) hides all 3 events, for the trace holds no names of pods",
            Said("--existing", "-node"));
        Assert.Equal("tcptracer: the selection (--filter 'comm == x' --since 2026-11-24T00:00:00Z) hides all 3 events: "
            + "the events are from 2026-11-23T23:00:00Z to 2026-11-23T23:20:00Z",
            Said("--existing", "-F", "comm == x", "--since", "2026-11-24T00:00:00Z"));
        Assert.Equal("tcptracer: the selection (--op '!existing') hides all 3 events", Said("--op", "!existing"));
        Assert.Equal("tcptracer: there is nothing but 3 connections from before the recorder or open at its end (--existing shows them)",
            Said("--failed"));
        Assert.Equal("tcptracer: the selection (--namespace shop) hides all 3 events, for the trace holds no names of pods",
            Said("-n", "shop", "--existing"));
        Assert.EndsWith(" hides all 3 events; dst has the port behind the name, as in dst =~ ^svc/shop/db:",
            Said("--existing", "-F", "dport == 443 and dst == svc/shop/db"));
        Assert.EndsWith(" hides all 3 events; `tcptracer summary FILE --explain EXPR` tells why",
            Said("--existing", "-F", "dst == svc/shop/db:5432"));
        Assert.Equal("", Said("--existing"));
    }

    [Fact]
    public void ArgumentsAfterTwoDashesAreFiles()
    {
        Write("-a.tct", Trace("2026-11-23T23:00:00Z", 1, "dash"));
        RunResult run = Shell.Run("cd \"$1\"; tcptracer show -o custom-columns=comm --no-headers -- -a.tct", _folder.Path);
        Assert.Equal("dash\n", run.Output);
    }

    public void Dispose() => _folder.Dispose();
}
