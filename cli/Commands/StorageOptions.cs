using System.CommandLine;
using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;
using TcpTracer.Recorder.Targets;

namespace TcpTracer.Cli.Commands;

/// <summary>Where a recording goes: one file, a set of files, or memory. For record.</summary>
internal sealed class StorageOptions
{
    private readonly TextOption _rotateSize = new("--rotate-size", "SIZE",
        "Begin a new file at this size. The files are called trace-20261123T144655Z-0001.tct and so on");


    private readonly TextOption _rotateEvery = new("--rotate-every", "TIME", "Begin a new file after this time");
    private readonly Option<bool> _rotateAligned = new("--rotate-aligned")
    {
        Description = "Begin new files at whole multiples of --rotate-every, by the wall clock in UTC",
    };

    private readonly TextOption _keep = new("--keep", "N", "Keep N files in all: delete the oldest (--verbose names those)");
    private readonly TextOption _ring = new("--ring", "TIME|SIZE",
        "Keep the last 10m or 64M in memory. SIGUSR2, and the end of the recording, write the memory into a file");

    private readonly TextOption _dumpOn = new("--dump-on", "EXPR",
        "With --ring: write the memory also at an event for which this filter is true");

    private readonly TextOption _dumpAfter = new("--dump-after", "TIME",
        "With --ring: add the events of this time after the request (default 5s)");

    private readonly TextOption _dumpPause = new("--dump-pause", "TIME",
        "With --dump-on: wait at least this time before the next file (default 1m)");

    private readonly Option<bool> _dumpOnExit = new("--dump-on-exit")
    {
        Description = "With --ring: write the memory at the end of the recording (default)",
    };

    private readonly Option<bool> _noDumpOnExit = new("--no-dump-on-exit")
    {
        Description = "With --ring: do not write it at the end of the recording",
    };


    private const long LeastRing = 64 << 10;

    private Option[] DumpOptions => [_dumpOn, _dumpAfter, _dumpPause, _dumpOnExit, _noDumpOnExit];

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _rotateSize, _rotateEvery, _rotateAligned, _keep, _ring }.Concat(DumpOptions))
            command.Options.Add(option);
    }

    public StorageRequest Read(ParseResult parsed)
    {
        bool rotates = parsed.GetValue(_rotateSize) is not null || parsed.GetValue(_rotateEvery) is not null;
        string? ring = parsed.GetValue(_ring);
        if (rotates && ring is not null)
            throw new SelectionException("--ring keeps events in memory, --rotate-... puts them into files: choose one");
        if (!rotates && ring is null && parsed.GetValue(_keep) is not null)
            throw new SelectionException("--keep goes with --rotate-size, --rotate-every or --ring");
        if (parsed.GetValue(_rotateAligned) && parsed.GetValue(_rotateEvery) is null)
            throw new SelectionException("--rotate-aligned goes with --rotate-every");
        if (ring is null && DumpOptions.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false }) is { } unused)
            throw new SelectionException($"{unused.Name} goes with --ring");
        if (parsed.GetValue(_dumpPause) is not null && parsed.GetValue(_dumpOn) is null)
            throw new SelectionException("--dump-pause goes with --dump-on");
        if (parsed.GetValue(_dumpOnExit) && parsed.GetValue(_noDumpOnExit))
            throw new SelectionException("--dump-on-exit and --no-dump-on-exit contradict each other: leave out one");
        return new StorageRequest(rotates ? ReadRotation(parsed) : null, ring is null ? null : ReadRing(parsed, ring));
    }

    private RotationRule ReadRotation(ParseResult parsed) => new(
        parsed.GetValue(_rotateSize) is { } size ? Quantity.Bytes("--rotate-size", size) : null,
        parsed.GetValue(_rotateEvery) is { } period ? Quantity.Time("--rotate-every", period) : null,
        parsed.GetValue(_rotateAligned),
        ReadKeep(parsed));

    private int? ReadKeep(ParseResult parsed) =>
        parsed.GetValue(_keep) is { } keep ? Quantity.Number("--keep", keep) : null;

    private FlightRule ReadRing(ParseResult parsed, string ring)
    {
        // A small m is minutes, a large M megabytes
        bool isTime = Quantity.HasTimeUnit(ring);
        if (!isTime && (Quantity.TryParseBytes(ring) is null || char.IsAsciiDigit(ring[^1])))
        {
            throw new SelectionException(
                $"--ring '{ring}': a time such as 10m (minutes) or a size such as 64M (megabytes) is expected, with its unit");
        }
        if (!isTime && Quantity.Bytes("--ring", ring) < LeastRing)
            throw new SelectionException($"--ring '{ring}': at least {LeastRing >> 10}K are expected");
        return new FlightRule(
            isTime ? null : Quantity.Bytes("--ring", ring), isTime ? Quantity.Time("--ring", ring) : null,
            parsed.GetValue(_dumpOn) is { } expression ? DumpFilter(expression) : null,
            Quantity.TimeOrZero("--dump-after", parsed.GetValue(_dumpAfter) ?? "5s"))
        {
            Pause = Quantity.TimeOrZero("--dump-pause", parsed.GetValue(_dumpPause) ?? "1m"),
            DumpOnExit = !parsed.GetValue(_noDumpOnExit),
            Keep = ReadKeep(parsed),
        };
    }

    /// <summary>Every event may ask for a dump, also those that are hidden unless asked for.</summary>
    private static EventFilter DumpFilter(string expression) => new(new Selection
    {
        Filter = expression,
        FilterOption = "--dump-on",
        UserNumber = UserNames.NumberOf,
        Existing = true,
        Progress = true,
    });
}
