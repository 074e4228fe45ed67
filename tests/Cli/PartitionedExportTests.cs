using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Traces;
using TcpTracer.Replay.Exports.Parquet;
using TcpTracer.Replay.Reading;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Replay;
using TcpTracer.Tests.Replay.Exports;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>A table in Hive's layout of folders, which DuckDB reads as one table.</summary>
public sealed class PartitionedExportTests : IDisposable
{
    private static readonly string s_shop = Path.Combine(TcptracerProgram.Repository, "tests", "golden", "shop-1.0.tct");

    private readonly TemporaryFolder _folder = new();

    private string Lake => _folder.File("lake");

    private RunResult Export(string file, params string[] options) =>
        TcptracerProgram.Run(["export", "--to", "parquet", file, "-o", Lake, .. options]);

    private string[] Files => [.. Directory.EnumerateFiles(Lake, "*", SearchOption.AllDirectories)
        .Select(f => Path.GetRelativePath(Lake, f)).Order(StringComparer.Ordinal)];

    private List<string?[]> Ask(string select) => new Duck().Rows(select.Replace("LAKE",
        $"read_parquet('{Lake}/**/*.parquet', hive_partitioning = true, hive_types_autocast = false)", StringComparison.Ordinal));

    [Fact]
    public void EveryNodeDayAndHourHasItsFolder()
    {
        RunResult run = Export(s_shop, "--partition", "node,date,hour");
        Assert.Equal((0, ""), (run.ExitCode, run.Output));
        Assert.Matches(@"^227 events written to \S+lake \(\d+\.\d kB in 1 file\)$", Assert.Single(run.ErrorLines));
        Assert.Matches("^node=worker-1/date=2026-11-28/hour=01/[0-9a-f]{12}-0000.parquet$", Assert.Single(Files));
        Assert.Equal(["worker-1 2026-11-28 01 227"],
            Ask("SELECT node, date, hour, count(*) FROM LAKE GROUP BY ALL").Select(r => string.Join(' ', r)));
    }

    /// <summary>The files of a set are of one run. Exported one by one, none replaces another, and each replaces its own.</summary>
    [Fact]
    public void FilesOfOneSetDoNotReplaceOneAnother()
    {
        string[] files = [_folder.File("1.tct"), _folder.File("2.tct")];
        foreach ((string file, long later) in files.Zip([0L, 5_000_000_000L]))
        {
            TraceHeader header = TraceBytes.Header;
            header = header with { Clock = header.Clock with { BootNs = header.Clock.BootNs + later } };
            using FileStream to = File.Create(file);
            var writer = new TraceWriter(to, header, TimeSpan.Zero, null, MetadataScope.None);
            writer.OnEvent(SampleEvents.Seed);
            writer.Finish(new TraceEnd("rotation", 1, 1, 0));
        }
        foreach (string file in files.Append(files[0]))
            Assert.Equal(0, Export(file, "--partition", "comm", "--force").ExitCode);
        Assert.Equal(2, Files.Length);
        Assert.Equal("2", Ask("SELECT count(*) FROM LAKE")[0][0]);
    }

    [Theory]
    [InlineData("comm,COMM", null, "twice")]
    [InlineData("t,operation", null, "twice")]
    [InlineData("comm", "comm", "--partition tells all of --fields")]
    public void PartitionByEveryFieldOrByOneKeyTwiceIsRefused(string keys, string? fields, string expected)
    {
        RunResult run = Export(s_shop, ["--partition", keys, .. fields is null ? Array.Empty<string>() : ["--fields", fields]]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(expected, run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void ColumnThatFoldersHoldUnderAnotherNameIsLeftOut()
    {
        Assert.Equal(0, Export(s_shop, "--partition", "t", "--fields", "operation,pid").ExitCode);
        string file = Path.Combine(Lake, Files[0]);
        string columns = $"SELECT column_name FROM (DESCRIBE SELECT * FROM read_parquet('{file}', hive_partitioning = false))";
        Assert.Equal(["pid"], new Duck().Rows(columns).Select(r => r[0]));
    }

    [Fact]
    public void PartitionsHoldTheRowsOfOneTable()
    {
        Assert.Equal(0, Export(s_shop, "--partition", "namespace,comm").ExitCode);
        Assert.True(Files.Length > 5);
        Assert.Equal(0, TcptracerProgram.Run("export", "--to", "parquet", s_shop, "-o", _folder.File("one.parquet")).ExitCode);
        Assert.Equal(["0"], Ask("SELECT count(*) FROM ((FROM LAKE SELECT namespace, comm, conn, timestamp, src, sent_bytes) EXCEPT ALL "
            + $"(SELECT namespace, comm, conn, timestamp, src, sent_bytes FROM '{_folder.File("one.parquet")}'))").Select(r => r[0]));
        Assert.Equal("227", Ask("SELECT count(*) FROM LAKE")[0][0]);
    }

    /// <summary>Names that would lead to another folder, that are not text, or that are too long for a file system.</summary>
    [Fact]
    public void NamesNeverLeadOutOfTheFolder()
    {
        string[] names = ["../../../../tmp/x", "..", ".", "", "/etc/passwd", "a/b", "a\0b", "<>", "\u001b[31m", "%2e%2e",
            new string('y', 40_000), new string('y', 39_999) + "z", "日本", "CON"];
        TcpEvent[] events = [.. names.Select((n, i) =>
        {
            TcpEvent e = Exported.Connection("10.0.0.1", "10.0.0.2", 1, 1, sport: (ushort)(50_000 + i))[0];
            return e with { Process = e.Process with { Exe = new SafeText(n), Comm = new SafeText(n[..Math.Min(n.Length, 20)]) } };
        })];
        string trace = _folder.File("a.tct");
        File.WriteAllBytes(trace, TraceBytes.Write(events));
        RunResult run = Export(trace, "--partition", "exe");
        Assert.Equal((0, ""), (run.ExitCode, run.Output));
        Assert.Equal(names.Length, Files.Length);
        Each.Of(Files, f => Assert.Matches(@"^exe=[A-Za-z0-9_.%~-]+/[0-9a-f]{12}-\d{4}\.parquet$", f));
        Assert.Equal(["a.tct", "lake"], Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName).Order());
        Assert.Contains("../../../../tmp/x", Ask("SELECT exe FROM LAKE").Select(r => r[0]));
        Assert.Equal($"{names.Length}", Ask("SELECT count(*) FROM LAKE")[0][0]);
    }

    /// <summary>With more folders than the export keeps open, a folder gets a second file, and no event is lost.</summary>
    [Fact]
    public void NumberOfOpenFilesIsBounded()
    {
        TcpEvent[] events = [.. Enumerable.Range(0, 3_000)
            .Select(i => Exported.Connection("10.0.0.1", $"10.0.{i % 7}.2", 1, 1, 1_000_000_000_000 + i * 10_000_000L)[0])];
        int open = 0, most = 0;
        var written = new List<string>();
        Stream Create(string folder)
        {
            most = Math.Max(most, ++open);
            written.Add(Path.Combine(Directory.CreateDirectory(Path.Combine(Lake, folder)).FullName, $"{written.Count}.parquet"));
            return File.Create(written[^1]);
        }
        void Keep(Stream file)
        {
            open--;
            file.Dispose();
        }
        using (var export = new PartitionedExport(new PartitionKeys(["daddr"]), Fields.Json, Create, Keep,
            "tcptracer version 1.2.3")
        { MostOpen = 4, RowsInMemory = 50 })
        {
            new TraceEventSource(Printing.SelectAll(), export, 1).Run(new MemoryStream(TraceBytes.Write(events)));
            export.Finish();
        }
        Assert.Equal((0, 4), (open, most));
        Assert.True(written.Count > 7);
        Assert.Equal(Enumerable.Range(0, 7).Select(i => $"10.0.{i}.2 {events.Count(e => $"{e.Daddr}" == $"10.0.{i}.2")}"),
            Ask("SELECT daddr, count(*) FROM LAKE GROUP BY ALL ORDER BY daddr").Select(r => $"{r[0]} {r[1]}"));
    }

    [Fact]
    public void FolderWithFilesIsExtendedOnlyWithForce()
    {
        Assert.Equal(0, Export(s_shop, "--partition", "node").ExitCode);
        RunResult refused = Export(s_shop, "--partition", "node");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("there are files in this folder already", refused.Errors, StringComparison.Ordinal);
        string other = _folder.File("other.tct");
        File.WriteAllBytes(other, TraceBytes.Write(RandomTraffic.Events(4, 10), null, TraceBytes.Header with { Node = "worker-2" }));
        Assert.Equal(0, Export(other, "--partition", "node", "--existing", "--force").ExitCode);
        Assert.Equal(0, Export(s_shop, "--partition", "node", "--force").ExitCode); // exported again: the file is replaced
        Assert.Equal(2, Files.Length);
        Assert.Equal("227", Ask("SELECT count(*) FROM LAKE WHERE node = 'worker-1'")[0][0]);
    }

    [RecordingFact]
    public void ExportThatFailsLeavesNoEmptyFolders()
    {
        RunResult run = Shell.Run("""
            unshare -m bash -c 'mount -t tmpfs -o size=4k none $1; cd $1; mkdir old
                for f in old new/lake; do "$TCPTRACER" export --to parquet $2 --partition node,date -o $f; echo $?; done; find . -mindepth 1
                ' bash "$1" $2
            """, _folder.Path, s_shop);
        Assert.Equal("1\n1\n./old\n", run.Output);
        Assert.Contains("no space is left on the device", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void InterruptedExportLeavesNoEmptyFolders()
    {
        RunResult run = Shell.Run("""
            cd $1; mkfifo pipe; exec 9<>pipe; head -c 9000 $2 > pipe &
            $TCPTRACER export --to parquet pipe --partition node,comm -o new/lake & pid=$!
            for i in {1..500}; do compgen -G 'new/lake/*/*/.tcptracer-*' > /dev/null && break; sleep 0.02; done
            compgen -G 'new/lake/*/*/.tcptracer-*' | head -n 1 | wc -l
            kill -INT $pid 2> /dev/null || kill -TERM $pid; kill -TERM $pid 2> /dev/null; wait $pid; ls -A
            """, _folder.Path, s_shop);
        Assert.Equal("1\npipe\n", run.Output);
    }

    [Theory]
    [InlineData("--to csv --partition node -o x", "--partition has no effect")]
    [InlineData("--to parquet --partition node", "--partition writes a folder: name it with -o")]
    [InlineData("--to parquet --partition pid -o x", "folders are made of date, hour and fields of text")]
    [InlineData("--to parquet --partition nod -o x", "field 'nod' is not known; did you mean 'node'?")]
    [InlineData("--to parquet --partition date,date -o x", "--partition names date twice")]
    [InlineData("--to parquet --partition , -o x", "--partition: by what?")]
    [InlineData("--to pcapng --fields pid -o x", "--fields has no effect")]
    public void ImpossibleOptionsAreRefused(string options, string sentence)
    {
        RunResult run = Shell.Run($"cd $1; tcptracer export {s_shop} {options}", _folder.Path);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains(sentence, run.Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    public void Dispose() => _folder.Dispose();
}
