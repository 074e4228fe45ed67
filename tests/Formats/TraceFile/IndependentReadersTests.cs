using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Replay.Copies;
using TcpTracer.Tests.Workloads;
using Xunit;

namespace TcpTracer.Tests.Formats.TraceFile;

/// <summary>Readers in other languages, which were written from the specification alone, find the same rows.</summary>
public sealed class IndependentReadersTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>A filter that names the hidden operations, so that they are shown, too.</summary>
    private const string Everything = "op == progress or op != progress";

    public static TheoryData<string> Languages => ["python", "javascript"];

    private static List<Dictionary<string, string>> Read(string language, string file, params string[] options)
    {
        ProcessStartInfo start = ForeignReader.Of(language, [.. options, file]);
        using Process process = Process.Start(start)!;
        var rows = new List<Dictionary<string, string>>();
        while (process.StandardOutput.ReadLine() is { } line)
            rows.Add(JsonDocument.Parse(line).RootElement.EnumerateObject().ToDictionary(p => p.Name,
                p => p.Value.ValueKind == JsonValueKind.String ? p.Value.GetString()! : p.Value.GetRawText()));
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return rows;
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public void EveryRawFieldIsReadAlike(string language)
    {
        TcpEvent[] events = RandomTraffic.Events(71, 3_000);
        string file = _folder.File("random.tct");
        File.WriteAllBytes(file, TraceBytes.Write(events, 700));
        List<Dictionary<string, string>> rows = Read(language, file);
        Assert.Equal(events.Length, rows.Count);
        for (int i = 0; i < events.Length; i++)
            Assert.Equal(Expected(events[i]).Order(), rows[i].Select(p => $"{p.Key}={p.Value}").Order());
    }

    private static IEnumerable<string> Expected(TcpEvent e)
    {
        ProcessIdentity p = e.Process;
        bool owner = e.Other.Pid != 0 && e.Other.Pid == p.Pid && e.Other.Comm.Equals(p.Comm);
        return
        [
            $"operation={(int)e.Operation}", $"reason={(int)e.Reason}", $"attribution={(int)e.Attribution}", $"flags={(int)e.Flags}",
            $"error={e.Error}", $"ts={e.TimestampNs}",
            $"wall={TraceBytes.Clock.ToWall(e.TimestampNs)}", $"start={e.StartNs}", $"cpu={e.StartCpu}", $"fd={e.Fd}",
            $"saddr={Hex(e.Saddr.Bytes)}", $"daddr={Hex(e.Daddr.Bytes)}",
            $"sport={e.Sport}", $"dport={e.Dport}", $"pid={p.Pid}", $"tid={p.Tid}", $"uid={p.Uid}", $"gid={p.Gid}", $"ppid={p.ParentPid}",
            $"comm={Name(p.Comm)}", $"pcomm={Name(p.ParentComm)}",
            $"netns={p.Netns}", $"netns_cookie={p.NetnsCookie}", $"mntns={p.Mntns}", $"cgroup={p.Cgroup}", $"cgroup_v1={p.CgroupV1}",
            $"other_pid={e.Other.Pid}", $"other_comm={Name(owner ? p.Comm : e.Other.Comm)}", $"retransmits={e.Retransmits}",
            $"srtt={e.SrttUs}", $"sent={e.Sent}", $"received={e.Received}", $"flow={e.Flow}", $"closing={e.CloseNs}",
            $"far_cgroup={e.FarCgroup}", $"far_cgroup_v1={e.FarCgroupV1}",
            $"exe={Name(p.Exe)}", $"args={Name(p.Args)}",
        ];
    }

    /// <summary>A copy is a trace like any other. A merged trace has several clocks, and names from several sources.</summary>
    [Theory]
    [MemberData(nameof(Languages))]
    public void BothReadersReadCopies(string language)
    {
        byte[][] files = MergeTests.Of("two nodes");
        byte[] merged = MergeTests.Merge(files).Merged;
        byte[][] copies =
        [
            merged,
            Copying.Redact(merged).Bytes,
            Copying.Redact(FullTrace.Write()).Bytes,
            Copying.Filter(files[0], new Selection { Op = "connect,close" }).Bytes,
        ];
        string file = _folder.File("copy.tct");
        Each.Of(copies, copy =>
        {
            File.WriteAllBytes(file, copy);
            List<Dictionary<string, string>> rows = Read(language, file);
            List<TcpEvent> events = TraceContents.Of(copy).Events;
            Assert.Equal(events.Count, rows.Count);
            Assert.NotEmpty(rows);
            for (int i = 0; i < events.Count; i++)
            {
                IEnumerable<string> expected = Expected(events[i]).Where(e => !e.StartsWith("wall=", StringComparison.Ordinal))
                    .Append($"wall={events[i].WallNs}");
                expected = events[i].Process.Source > 0 ? expected.Append($"source={events[i].Process.Source}") : expected;
                Assert.Equal(expected.Order(), rows[i].Select(p => $"{p.Key}={p.Value}").Order());
            }
        });
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    private static string Name(SafeText name) =>
        System.Text.Unicode.Utf8.IsValid(name.Raw) ? Encoding.UTF8.GetString(name.Raw) : Hex(name.Raw);

    [Theory]
    [MemberData(nameof(Languages))]
    public void RowsEqualTheOutputOfShow(string language)
    {
        string file = _folder.File("events.tct");
        File.WriteAllBytes(file, TraceBytes.Write([.. RandomTraffic.Events(72, 500)], 90));
        Assert.Equal(500, CheckAgainstShow(language, file));
    }

    [Theory]
    [InlineData(73, nameof(MetadataScope.Cluster))]
    [InlineData(74, nameof(MetadataScope.Referenced))]
    [InlineData(75, nameof(MetadataScope.Cluster))]
    public void PodsHaveTheNamesThatShowPrints(ulong seed, string scope)
    {
        string file = _folder.File("pods.tct");
        File.WriteAllBytes(file, [.. TraceBytes.WithPods(seed, 400, Enum.Parse<MetadataScope>(scope)),
            .. TraceBytes.Write([.. RandomTraffic.Events(seed, 5)])]);
        CheckNames(file);
    }

    /// <summary>Some of the paths were made by a process in a container, or by a user, to look like those of another pod.</summary>
    [Fact]
    public void CgroupPathsNameThePodsThatShowPrints()
    {
        string[] paths = [.. CgroupNamesTests.Paths.Select(p => p.Data.Item1), $"{CgroupNames.Cut}/kubepods/pod1/{new string('a', 64)}"];
        ImmutableArray<CgroupInfo> cgroups = [.. paths.Select((p, i) => new CgroupInfo(CgroupHierarchy.Unified, (ulong)i + 1, p))];
        WorkloadView view = WorkloadView.Empty.With(new WorkloadChange(TraceBytes.Clock.BootNs) { Cgroups = cgroups });
        string file = _folder.File("paths.tct");
        using (FileStream to = File.Create(file))
        {
            var writer = new TraceWriter(to, TraceBytes.Header, TimeSpan.Zero, view, MetadataScope.Cluster);
            foreach (CgroupInfo cgroup in cgroups)
            {
                TcpEvent e = SampleEvents.Seed;
                e.Process = e.Process with { Cgroup = cgroup.Id };
                writer.OnEvent(in e);
            }
            writer.Finish(new TraceEnd("test", cgroups.Length, cgroups.Length, 0));
        }
        CheckNames(file);
    }

    private static void CheckNames(string file)
    {
        string[] keys = ["namespace", "pod", "container"];
        RunResult run = TcptracerProgram.Run("show", "-o", "json", "--existing", "-F", Everything, "--fields",
            string.Join(',', keys), file);
        string[] shown = [
            .. run.Lines.Select(l => string.Join(' ', keys.Select(k => JsonDocument.Parse(l).RootElement.GetProperty(k).GetString())))];
        string[] read = [.. Read("python", file, "--names").Select(row => string.Join(' ', keys.Select(k => row[k])))];
        Assert.Equal(shown, read);
        Assert.True(shown.Distinct().Count() > 6, string.Join('\n', shown.Distinct()));
    }

    private static readonly Dictionary<string, BlockShape> s_hostile = new()
    {
        ["more rows than the frame pays for"] = new BlockShape { Rows = 65_536, IsPadded = false },
        ["tables of more entries than rows"] = new BlockShape { Locals = 16_384 },
        ["a dictionary again and again"] = new BlockShape { Repeats = 12_000 },
        ["the name of a command that is none"] = new BlockShape { Command = new byte[60_000] },
        ["more processes than a dictionary has"] = new BlockShape { Processes = 16_385 },
    };

    public static TheoryData<string, string> Hostile =>
        [.. from language in Languages from shape in s_hostile.Keys select new TheoryDataRow<string, string>(language.Data, shape)];

    [Theory]
    [MemberData(nameof(Hostile))]
    public void BothReadersRefuseExcessiveTracesWithASentence(string language, string shape)
    {
        string file = _folder.File("hostile.tct");
        File.WriteAllBytes(file, [.. TraceBytes.Start(), .. s_hostile[shape].Frame()]);
        ProcessStartInfo start = ForeignReader.Of(language, file);
        start.RedirectStandardError = true;
        using Process process = Process.Start(start)!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal((3, 1), (process.ExitCode, errors.Trim().Split('\n').Length));
        Assert.Contains("refuses what is beyond the limits", errors, StringComparison.Ordinal);
    }

    [RecordingFact]
    public void BothReadersReadARecordedTrace()
    {
        string file = _folder.File("recorded.tct");
        using (TcptracerProgram recorder = TcptracerProgram.StartWatching("record", "-o", file, "--pid",
            Environment.ProcessId.ToString(CultureInfo.InvariantCulture)))
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            for (int i = 0; i < 20; i++)
            {
                using var client = new TcpClient();
                client.Connect((IPEndPoint)listener.LocalEndpoint);
                using TcpClient accepted = listener.AcceptTcpClient();
                client.GetStream().Write(new byte[i]);
            }
            Assert.Equal(0, recorder.Stop().ExitCode);
        }
        foreach (string language in Languages.Select(row => row.Data))
            Assert.True(CheckAgainstShow(language, file) >= 60);
    }

    /// <summary>Compares fields of show with those of a reader: numbers, names, and the identity of the connection.</summary>
    private static int CheckAgainstShow(string language, string file)
    {
        (string Field, string Raw)[] same = [("boottime_ns", "ts"), ("pid", "pid"), ("tid", "tid"), ("uid", "uid"), ("gid", "gid"),
            ("ppid", "ppid"), ("sport", "sport"), ("dport", "dport"), ("netns", "netns")];
        RunResult run = TcptracerProgram.Run("show", "-o", "json", "--existing", "-F", Everything, "--fields", string.Join(',',
            same.Select(s => s.Field)) + ",conn,comm,operation,saddr,daddr,sent_bytes,received_bytes,srtt_us,fd,flow,close_ns,"
            + "dst_cgroup,dst_cgroup_v1", file);
        Assert.Equal(0, run.ExitCode);
        List<Dictionary<string, string>> rows = Read(language, file);
        string[] lines = run.Lines;
        Assert.Equal(lines.Length, rows.Count);
        for (int i = 0; i < lines.Length; i++)
        {
            JsonElement shown = JsonDocument.Parse(lines[i]).RootElement;
            Dictionary<string, string> row = rows[i];
            foreach ((string field, string raw) in same)
                Assert.Equal(row[raw], shown.GetProperty(field).GetRawText());
            Assert.Equal(string.Create(CultureInfo.InvariantCulture,
                $"{long.Parse(row["start"], CultureInfo.InvariantCulture):x}.{uint.Parse(row["cpu"], CultureInfo.InvariantCulture):x}"),
                shown.GetProperty("conn").GetString());
            Assert.Equal(OperationNames.NameOf((Operation)byte.Parse(row["operation"], CultureInfo.InvariantCulture)),
                shown.GetProperty("operation").GetString());
            Assert.Equal(new Address(Convert.FromHexString(row["saddr"])).ToString(), shown.GetProperty("saddr").GetString());
            Assert.Equal(new Address(Convert.FromHexString(row["daddr"])).ToString(), shown.GetProperty("daddr").GetString());
            ulong flow = ulong.Parse(row["flow"], CultureInfo.InvariantCulture);
            Assert.Equal(flow == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{flow:x16}"),
                shown.TryGetProperty("flow", out JsonElement digits) ? digits.GetString() : null);
            foreach ((string field, string raw) in new[] { ("sent_bytes", "sent"), ("received_bytes", "received"), ("srtt_us", "srtt"),
                ("fd", "fd"), ("close_ns", "closing"), ("dst_cgroup", "far_cgroup"), ("dst_cgroup_v1", "far_cgroup_v1") })
            {
                if (shown.TryGetProperty(field, out JsonElement value))
                    Assert.Equal(row[raw], value.GetRawText());
            }
        }
        return lines.Length;
    }

    public void Dispose() => _folder.Dispose();
}
