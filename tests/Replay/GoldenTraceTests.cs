using System.Text;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using Xunit;

namespace TcpTracer.Tests.Replay;

/// <summary>
/// tests/golden/VERSION/FEATURE has a trace of a format version, and what show prints of it. The files of earlier versions never change.
/// The writer must make the same trace of this version as before, byte for byte, and show must print the same of each trace.
/// TCPTRACER_UPDATE_GOLDEN=1 writes what show prints of this version, and traces that are new. It never writes a trace of
/// <see cref="FinalTraces"/>: if the writer makes other bytes on purpose, they are of another edition, and lie beside those that are there.
/// </summary>
public sealed class GoldenTraceTests
{
    /// <summary>Fields that neither JSON nor wide shows unless they are asked for.</summary>
    private const string MoreFields = "custom-columns=t,flow,exe,args,close_ns,unfinished,uncounted,late,no_syn,mptcp,actor_pid,"
        + "actor_comm,listener_pid,listener_comm,ppid,fd,boottime_ns,sent_bytes,srtt_us";

    public static TheoryData<string> Features => [.. GoldenTraces.All.Keys];

    public static TheoryData<string> EarlierTraces =>
        [.. Directory.GetDirectories(FinalTraces.Root).Where(v => Path.GetFileName(v) != s_version).SelectMany(Directory.GetDirectories)
            .Select(f => Path.GetRelativePath(FinalTraces.Root, f)).Order(StringComparer.Ordinal)];

    /// <summary>"" for the first writer of a format version; "-2" for one that writes other bytes of the same version, and so on.</summary>
    private const string Edition = "";

    private static readonly string s_version = $"{TraceHeader.CurrentMajor}.{TraceHeader.CurrentMinor}{Edition}";

    [Theory]
    [MemberData(nameof(EarlierTraces))]
    public void TraceOfAnEarlierVersionShowsItsGoldenOutput(string trace)
    {
        string folder = Path.Combine(FinalTraces.Root, trace);
        byte[] golden = File.ReadAllBytes(Path.Combine(folder, "trace.tct"));
        Check(folder, "show.json", Printing.Of(golden, 3).Output, update: false);
        Check(folder, "show.txt", Text(Printing.Of(golden, 3, "wide")), update: false);
        if (File.Exists(Path.Combine(folder, "more.txt"))) // version 1.0 has none
            Check(folder, "more.txt", Printing.Of(golden, 3, MoreFields).Output, update: false);
    }

    [Theory]
    [MemberData(nameof(Features))]
    public void TraceShowsItsGoldenOutput(string feature)
    {
        byte[] trace = GoldenTraces.All[feature]();
        string folder = Path.Combine(FinalTraces.Root, s_version, feature);
        bool update = Environment.GetEnvironmentVariable("TCPTRACER_UPDATE_GOLDEN") == "1";
        if (update)
        {
            Directory.CreateDirectory(folder);
            FinalTraces.Add(Path.Combine(folder, "trace.tct"), trace);
        }
        byte[] golden = File.ReadAllBytes(Path.Combine(folder, "trace.tct"));
        Check(folder, "show.json", Printing.Of(golden, 3).Output, update);
        Check(folder, "show.txt", Text(Printing.Of(golden, 3, "wide")), update);
        Check(folder, "more.txt", Printing.Of(golden, 3, MoreFields).Output, update);
        Assert.True(golden.AsSpan().SequenceEqual(trace),
            $"{feature}: the writer makes another trace than it did. If that is meant: raise CurrentMinor if the format changed, else Edition, "
                + "and TCPTRACER_UPDATE_GOLDEN=1 makes the files");
    }

    /// <summary>An address that is a service's keeps its name; the pod behind it has a field of its own.</summary>
    [Fact]
    public void PodBehindAServiceIsNamed()
    {
        string shown = Encoding.UTF8.GetString(Printing.Of(GoldenPods.BothEnds(), 3, "custom-columns=t,dst,dst_pod").Output);
        string[] rows = [.. shown.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l =>
            string.Join(' ', l.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];
        Assert.Equal(
        [
            "T DST DST_POD",
            "C svc/shop/web:80",
            "A pod/shop/cart-1:45678 shop/cart-1",
            "X pod/shop/cart-1:45678 shop/cart-1",
            "X svc/shop/web:80 shop/web-1",
            "F svc/shop/web:9",
        ], rows);
    }

    private static byte[] Text(Printing printing)
    {
        var text = new StringBuilder(printing.Text);
        foreach (TraceDamage damage in printing.Findings.Damages.Append(printing.Refusal!).Where(d => d is not null))
            text.Append($"# {damage.Fault} at {damage.Offset}: expected {damage.Expected}, found {damage.Actual}\n");
        foreach (string unknown in printing.Findings.UnknownNames.Order())
            text.Append($"# unknown: {unknown}\n");
        foreach ((LossSource source, long count) in printing.Findings.Lost.OrderBy(l => l.Key))
            text.Append($"# lost: {count} {source}\n");
        text.Append(printing.Findings.IsFinished ? "# finished\n" : "# not finished\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static void Check(string folder, string name, byte[] actual, bool update)
    {
        string path = Path.Combine(folder, name);
        if (update)
            File.WriteAllBytes(path, actual);
        Assert.Equal(File.ReadAllText(path), Encoding.UTF8.GetString(actual));
    }
}
