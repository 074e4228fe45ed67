using ZstdSharp;
using ZstdSharp.Unsafe;

namespace TcpTracer.Replay.Streams;

/// <summary>
/// A trace that was packed with gzip or zstd. A fault in the packed data ends it, as a cut ends a file: everything before it can be read,
/// and <see cref="Fault"/> names it.
/// </summary>
public sealed class PackedTrace : ForwardStream
{
    /// <summary>
    /// Bytes that one packed byte may stand for. Blocks of a trace are compressed already: gzip saves a third of ordinary ones, and five
    /// sixths of very small ones.
    /// </summary>
    internal const int MostExpansion = 32;

    /// <summary>What the smallest file may stand for.</summary>
    internal const long AlwaysAllowed = 4 << 20;

    /// <summary>8 MB of memory: what zstd needs up to level 19.</summary>
    private const int LargestWindowLog = 23;

    /// <summary>Data that turn out to be damaged cost the bytes that were unpacked in the same read, so reads are small.</summary>
    private const int LargestRead = 4096;

    private readonly BegunStream _packed;
    private readonly GzipMembers? _gzip;
    private readonly Stream _unpacked;
    private long _given;

    private PackedTrace(BegunStream packed, Packing packing)
    {
        _packed = packed;
        Packing = packing;
        _gzip = packing == Packing.Gzip ? new GzipMembers(packed) : null;
        _unpacked = (Stream?)_gzip ?? OfZstd(new TailApart(packed));
    }

    private static DecompressionStream OfZstd(Stream packed)
    {
        var stream = new DecompressionStream(packed);
        stream.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, LargestWindowLog);
        return stream;
    }

    /// <summary>With what.</summary>
    public Packing Packing { get; }

    /// <inheritdoc/>
    public override Stream Source => _packed.Source;

    /// <summary>Whether it ended too early, and why.</summary>
    public PackingFault Fault { get; private set; }

    /// <summary>Whether nothing could be unpacked.</summary>
    public bool IsEmpty => _given == 0;

    /// <summary>How many packed bytes had been read by then.</summary>
    public long PackedBytes => _packed.Given;

    /// <summary>How a file was packed, by its first bytes. What could be a trace is taken for one.</summary>
    public static Packing Recognise(ReadOnlySpan<byte> start)
    {
        const byte flagsOfATrace = 0x6c; // what the lz4 program writes has others
        return start switch
        {
            [0x1f, 0x8b, 0x08, ..] => Packing.Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Packing.Zstd,
            [_, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, _, _, _, _, 0x28, 0xb5, 0x2f, 0xfd] => Packing.Zstd, // as pzstd begins
            [0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', ..] => Packing.Xz,
            [(byte)'B', (byte)'Z', (byte)'h', ..] => Packing.Bzip2,
            [0x04, 0x22, 0x4d, 0x18, not flagsOfATrace, ..] => Packing.Lz4,
            _ => Packing.None,
        };
    }

    /// <summary>Opens what can be opened; anything else is given back as it is.</summary>
    /// <param name="file">At its beginning. It belongs to what is given back.</param>
    /// <param name="packing">How it was packed.</param>
    public static Stream Open(Stream file, out Packing packing)
    {
        const int enough = 16;
        byte[] start = new byte[enough];
        int length = file.ReadAtLeast(start, enough, throwOnEndOfStream: false);
        packing = Recognise(start.AsSpan(0, length));
        bool isOpened = packing is Packing.Gzip or Packing.Zstd;
        if (!isOpened && file.CanSeek)
        {
            file.Seek(-length, SeekOrigin.Current);
            return file;
        }
        var whole = new BegunStream(start.AsMemory(0, length), file);
        return isOpened ? new PackedTrace(whole, packing) : whole;
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (Fault != PackingFault.None)
            return 0;
        int count = 0;
        try
        {
            count = _unpacked.Read(buffer[..Math.Min(buffer.Length, LargestRead)]);
        }
        catch (EndOfStreamException)
        {
            Fault = PackingFault.Cut;
        }
        catch (ZstdException e)
        {
            Fault = e.Code == ZSTD_ErrorCode.ZSTD_error_frameParameter_windowTooLarge ? PackingFault.TooMuchMemory : PackingFault.Damaged;
        }
        if (count == 0 && _gzip is not null)
            Fault = _gzip.Fault;
        _given += count;
        if (_given <= AlwaysAllowed + _packed.Given * MostExpansion)
            return count;
        Fault = PackingFault.TooLarge;
        return 0;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _unpacked.Dispose();
            _packed.Dispose();
        }
        base.Dispose(disposing);
    }
}
