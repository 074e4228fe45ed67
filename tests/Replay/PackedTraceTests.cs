using System.IO.Compression;
using TcpTracer.Replay.Streams;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using Xunit;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace TcpTracer.Tests.Replay;

/// <summary>Traces that somebody packed before sending them.</summary>
public sealed class PackedTraceTests : IDisposable
{
    private static readonly string s_trace = Path.Combine(TcptracerProgram.Repository, "examples", "shop.tct");
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Opened => ["gzip", "zstd"];

    /// <summary>Packs bytes.</summary>
    /// <param name="with">gzip or zstd.</param>
    /// <param name="bytes">The bytes to pack.</param>
    /// <param name="isOpen">Whether the end is left out, because more blocks follow.</param>
    private static byte[] Pack(string with, byte[] bytes, bool isOpen = false)
    {
        var to = new MemoryStream();
        using Stream packer = with == "gzip"
            ? new GZipStream(to, CompressionLevel.Optimal, leaveOpen: true) : new CompressionStream(to, leaveOpen: true);
        if (packer is CompressionStream zstd)
            zstd.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 1); // as the zstd program does
        packer.Write(bytes);
        packer.Flush();
        if (!isOpen)
            packer.Dispose();
        return to.ToArray();
    }

    private string Write(byte[] bytes, string name = "packed.tct")
    {
        File.WriteAllBytes(_folder.File(name), bytes);
        return _folder.File(name);
    }

    /// <summary>Without the lines about its bytes, which differ; sentences wrap elsewhere if the name has another length.</summary>
    private static string[] Words(string output) =>
    [
        .. output.Split('\n').Where(l => !l.Contains("bytes", StringComparison.Ordinal))
            .SelectMany(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)),
    ];

    [Theory]
    [MemberData(nameof(Opened))]
    public void EveryCommandOpensPackedFiles(string with)
    {
        string packed = Write(Pack(with, File.ReadAllBytes(s_trace)));
        foreach (string command in new[] { "show", "summary", "info", "verify" })
        {
            RunResult plain = TcptracerProgram.Run(command, s_trace), run = TcptracerProgram.Run(command, packed);
            Assert.Equal((0, ""), (run.ExitCode, run.Errors));
            Assert.Equal(Words(plain.Output.Replace(s_trace, packed, StringComparison.Ordinal)), Words(run.Output));
        }
        string saved = _folder.File("saved.tct");
        Assert.Equal(0, TcptracerProgram.Run("recover", packed, "-o", saved).ExitCode);
        Assert.Equal(TcptracerProgram.Run("show", s_trace).Output, TcptracerProgram.Run("show", saved).Output);
    }

    [Theory]
    [MemberData(nameof(Opened))]
    public void ConcatenatedMembersAndPipesAreUnpacked(string with)
    {
        byte[] once = Pack(with, File.ReadAllBytes(s_trace));
        string twice = Write([.. once, .. once]);
        RunResult plain = TcptracerProgram.Run("show", "--no-headers", s_trace);
        Assert.Equal(plain.Output + plain.Output, TcptracerProgram.Run("show", "--no-headers", twice).Output);
        Assert.Equal(plain.Output + plain.Output, Shell.Run("cat $1 | tcptracer show --no-headers -", twice).Output);
        Assert.Equal(plain.Output + plain.Output, Shell.Run("tcptracer show --no-headers <(cat $1)", twice).Output);
    }

    [Theory]
    [MemberData(nameof(Opened))]
    public void EventsBeforeACutOrDamageAreRead(string with)
    {
        byte[] trace = File.ReadAllBytes(s_trace), noise = new byte[3 << 20];
        new Random(1).NextBytes(noise);
        byte[] packed = Pack(with, [.. trace, .. noise]); // so that the damage is far from the end of the trace
        foreach (byte[] bad in new[] { packed[..^(1 << 20)], [.. packed[..^(1 << 20)], .. new byte[1 << 20]] })
        {
            RunResult run = TcptracerProgram.Run("show", Write(bad));
            Assert.Equal(3, run.ExitCode);
            Assert.StartsWith(TcptracerProgram.Run("show", s_trace).Output, run.Output);
            Assert.DoesNotContain("internal error", run.Errors, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Opened))]
    public void DamagedChecksumLosesNothing(string with)
    {
        byte[] packed = Pack(with, File.ReadAllBytes(s_trace));
        packed[with == "gzip" ? ^6 : ^2] ^= 1;
        RunResult run = TcptracerProgram.Run("show", Write(packed));
        Assert.Equal(3, run.ExitCode);
        Assert.Contains("the data are damaged", run.Errors, StringComparison.Ordinal);
        Assert.Equal(TcptracerProgram.Run("show", s_trace).Output, run.Output);
    }

    /// <summary>What stands behind the last member and is no member is said, but for the zeros with which tapes are filled up.</summary>
    [Theory]
    [InlineData("gzip", "garbage", 3)]
    [InlineData("gzip", "\u001f", 3)]
    [InlineData("gzip", "a trace", 3)]
    [InlineData("gzip", "\0\0\0\0\0", 0)]
    [InlineData("zstd", "garbage", 3)]
    public void TrailingBytesAreReported(string with, string behind, int expected)
    {
        byte[] trace = File.ReadAllBytes(s_trace), more = behind == "a trace" ? trace : System.Text.Encoding.UTF8.GetBytes(behind);
        string file = Write([.. Pack(with, trace), .. more]);
        foreach (string command in new[] { "show", "verify" })
            Assert.Equal(expected, TcptracerProgram.Run(command, file).ExitCode);
        Assert.Equal(TcptracerProgram.Run("show", s_trace).Output, TcptracerProgram.Run("show", file).Output);
    }

    /// <summary>A checksum that does not fit costs neither its own member nor the next one.</summary>
    [Fact]
    public void MemberAfterADamagedChecksumIsRead()
    {
        byte[] packed = Pack("gzip", File.ReadAllBytes(s_trace)), bad = [.. packed];
        bad[^6] ^= 1;
        RunResult run = TcptracerProgram.Run("show", "--no-headers", Write([.. bad, .. packed])),
            plain = TcptracerProgram.Run("show", "--no-headers", s_trace);
        Assert.Equal((3, plain.Output + plain.Output), (run.ExitCode, run.Output));
        Assert.Contains("the data are damaged", run.Errors, StringComparison.Ordinal);
    }

    /// <summary>With a file name, a comment, extra bytes and a checksum in the header of the member.</summary>
    /// <summary>The code tables are at the beginning: one that is impossible is damage as any other, and other files are read.</summary>
    [Fact]
    public void AnyWrongByteIsDamageAndNoFault()
    {
        byte[] packed = Pack("gzip", File.ReadAllBytes(s_trace));
        for (int at = 10; at < 60; at++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] bad = [.. packed];
                bad[at] ^= (byte)(1 << bit);
                using Stream trace = PackedTrace.Open(new MemoryStream(bad), out _);
                trace.CopyTo(Stream.Null);
            }
        }
        packed[20] ^= 1;
        RunResult run = TcptracerProgram.Run("show", "--no-headers", Write(packed), s_trace);
        Assert.True(run.ExitCode is 1 or 3, run.Errors);
        Assert.DoesNotContain("internal error", run.Errors);
        Assert.True(run.Lines.Length > 200);
    }

    [Fact]
    public void OptionalPartsOfTheGzipHeaderAreSkipped()
    {
        byte[] packed = Pack("gzip", File.ReadAllBytes(s_trace));
        byte[] header = [0x1f, 0x8b, 8, 2 | 4 | 8 | 16, .. packed[4..10], 3, 0, 1, 2, 3, .. "name\0"u8, .. "comment\0"u8, 9, 9];
        string file = Write([.. header, .. packed[10..]]);
        Assert.Equal(TcptracerProgram.Run("show", s_trace).Output, TcptracerProgram.Run("show", file).Output);
    }

    /// <summary>pzstd begins with a frame that tells how long the next one is.</summary>
    [Fact]
    public void PzstdFilesAreOpened()
    {
        byte[] packed = Pack("zstd", File.ReadAllBytes(s_trace));
        byte[] length = BitConverter.GetBytes(packed.Length);
        RunResult run = TcptracerProgram.Run("show", Write([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, .. length, .. packed]));
        Assert.Equal((0, TcptracerProgram.Run("show", s_trace).Output), (run.ExitCode, run.Output));
    }

    [Theory]
    [MemberData(nameof(Opened))]
    public void UnreadablePackedFileGivesOneError(string with)
    {
        byte[] packed = Pack(with, File.ReadAllBytes(s_trace));
        Array.Fill(packed, (byte)0xff, 12, packed.Length - 12);
        foreach (string command in new[] { "show", "verify", "info", "summary" })
        {
            RunResult run = TcptracerProgram.Run(command, Write(packed));
            Assert.Equal(1, run.ExitCode);
            Assert.Contains("the data are damaged; nothing could be read", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Opened))]
    public void CutIsReportedWhereverItIs(string with)
    {
        byte[] packed = Pack(with, File.ReadAllBytes(s_trace));
        foreach (int missing in new[] { 1, 7, 8, 9, 300 })
        {
            RunResult run = TcptracerProgram.Run("show", Write(packed[..^missing]));
            // 1: so short a file is one block of zstd, of which nothing was unpacked
            Assert.True(run.ExitCode is 1 or 3, $"{missing}: {run}");
            Assert.Contains("the file ends in the middle", run.Errors, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Opened))]
    public void DamageLosesAtMostAFewKilobytes(string with)
    {
        const byte noBlock = 0xff; // in neither gzip nor zstd does a block begin with this byte
        byte[] damage = new byte[1000], few = new byte[5000];
        Array.Fill(damage, noBlock);
        RunResult run = TcptracerProgram.Run("show",
            Write([.. Pack(with, [.. File.ReadAllBytes(s_trace), .. few], isOpen: true), .. damage]));
        Assert.Equal(3, run.ExitCode);
        Assert.Equal(TcptracerProgram.Run("show", s_trace).Output, run.Output);
    }

    [Fact]
    public void DecompressionBombIsNotUnpacked()
    {
        byte[] bomb = Pack("zstd", [.. File.ReadAllBytes(s_trace), .. new byte[256 << 20]]);
        Assert.InRange(bomb.Length, 0, 100_000);
        RunResult run = TcptracerProgram.Run("show", Write(bomb));
        Assert.Equal(3, run.ExitCode);
        Assert.Contains("it unpacks to more than any trace would", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Opened))]
    public void UnpackedSizeIsBoundedByPackedSize(string with)
    {
        (long at, PackingFault none, _) = Unpack(Pack(with, new byte[PackedTrace.AlwaysAllowed]));
        Assert.Equal((PackedTrace.AlwaysAllowed, PackingFault.None), (at, none));
        (long beyond, PackingFault fault, int packed) = Unpack(Pack(with, new byte[4 * PackedTrace.AlwaysAllowed]));
        Assert.Equal(PackingFault.TooLarge, fault);
        Assert.InRange(beyond, PackedTrace.AlwaysAllowed, PackedTrace.AlwaysAllowed + (long)packed * PackedTrace.MostExpansion);
        // Of everything that a recorder writes, blocks with one event each compress best
        byte[] small = TraceBytes.Write(RandomTraffic.Events(9, 2_000), 1);
        Assert.InRange(small.Length, 1, Pack(with, small).Length * PackedTrace.MostExpansion / 3);
    }

    private static (long Bytes, PackingFault Fault, int Packed) Unpack(byte[] packed)
    {
        using var trace = (PackedTrace)PackedTrace.Open(new MemoryStream(packed), out _);
        long bytes = 0;
        byte[] buffer = new byte[64 << 10];
        for (int read; (read = trace.Read(buffer)) > 0; bytes += read)
        {
            // read until the end
        }
        return (bytes, trace.Fault, packed.Length);
    }

    [Theory]
    [InlineData("xz", new byte[] { 0xfd, 0x37, 0x7a, 0x58, 0x5a, 0 }, "xzcat")]
    [InlineData("bzip2", new byte[] { 0x42, 0x5a, 0x68, 0x39, 0x31, 0x41 }, "bzcat")]
    [InlineData("lz4", new byte[] { 0x04, 0x22, 0x4d, 0x18, 0x64, 0x40 }, "lz4cat")]
    public void UnsupportedPackingNamesItsProgram(string packing, byte[] start, string program)
    {
        string file = Write(start);
        RunResult run = TcptracerProgram.Run("show", file);
        Assert.Equal(1, run.ExitCode);
        Assert.Equal($"tcptracer: {file}: this was packed with {packing}: unpack it, as in `{program} {file} | tcptracer show -`\n",
            run.Errors);
    }

    [Theory]
    [InlineData("--enrich hindsight", "reads a trace twice")]
    [InlineData("--last 1", "reads a trace from behind")]
    [InlineData("-f", "nobody writes into a packed file")]
    public void OptionsThatSeekAreRefusedForPackedFiles(string option, string words)
    {
        RunResult run = TcptracerProgram.Run(["show", .. option.Split(' '), Write(Pack("gzip", File.ReadAllBytes(s_trace)))]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(words, run.Errors, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
