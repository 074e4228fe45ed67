using System.CommandLine;
using System.Numerics;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;

namespace TcpTracer.Cli.Commands;

/// <summary>How long to capture, what, and with which buffers: for live and record.</summary>
internal sealed class CaptureCommandOptions
{
    private const int MostConnections = 1 << 22; // these take some 1.5 GB in the kernel
    private const long SmallestRing = 4096, LargestRing = 1 << 30;

    private readonly TextOption _duration = new("--duration", "TIME", "End after this time, as in 30s, 5m or 1h");
    private readonly TextOption _count = new("--count", "N", "End after N events");
    private readonly TextOption _nodeName = new("--node-name", "NAME",
        "Name of this node in the output (default: $NODE_NAME, else its name in the cluster, else the host name)");

    private readonly SourceCommandOptions _sources = new();
    private readonly TextOption _bufferSize = new("--buffer-size", "SIZE",
        "Buffer between kernel and recorder, a power of two (default 8M)");


    private readonly TextOption _maxConnections = new("--max-connections", "N",
        "Follow so many connections at once (default 131072). Beyond it, old ones of the busiest process are dropped and counted");

    private readonly TextOption _progressEvery = new("--progress-every", "TIME",
        "Every TIME, an event progress for each open connection, with its bytes so far; show and --print want --op progress");

    private readonly Option<bool> _arguments = new("--args")
    {
        Description = "Keep the command lines of processes (field args), up to 1 KB each. They may hold passwords",
    };

    /// <summary>The first of these options that is on the command line; null: none is.</summary>
    public string? Given(ParseResult parsed) => First(parsed, _duration, _count) ?? GivenForRecorder(parsed);

    /// <summary>The first that says how to record, not how long.</summary>
    private string? GivenForRecorder(ParseResult parsed) =>
        First(parsed, [.. _sources.All, _nodeName, _bufferSize, _maxConnections, _progressEvery, _arguments]);

    private static string? First(ParseResult parsed, params Option[] options) =>
        options.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false })?.Name;

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _duration, _count, _nodeName })
            command.Options.Add(option);
        _sources.AddTo(command);
        foreach (Option option in new Option[] { _bufferSize, _maxConnections, _progressEvery, _arguments })
            command.Options.Add(option);
    }

    public CaptureRequest Read(ParseResult parsed)
    {
        long ring = Quantity.Bytes("--buffer-size", parsed.GetValue(_bufferSize) ?? "8M");
        if (ring is < SmallestRing or > LargestRing || !BitOperations.IsPow2(ring))
            throw new SelectionException($"--buffer-size: a power of two from 4K to 1G is expected, not {ring} bytes");
        long? count = parsed.GetValue(_count) is { } text ? Quantity.Number("--count", text) : null;
        int connections = Quantity.Number("--max-connections", parsed.GetValue(_maxConnections) ?? "131072");
        if (connections > MostConnections)
            throw new SelectionException($"--max-connections: a number from 1 to {MostConnections} is expected, not {connections}");
        return new CaptureRequest(
            parsed.GetValue(_duration) is { } duration ? Quantity.Time("--duration", duration) : null, count,
            parsed.GetValue(_nodeName) ?? Environment.GetEnvironmentVariable("NODE_NAME"), (int)ring, connections)
        {
            Sources = _sources.Read(parsed),
            Arguments = parsed.GetValue(_arguments),
            RecorderOption = GivenForRecorder(parsed),
            ProgressEvery = parsed.GetValue(_progressEvery) is { } every ? Quantity.Time("--progress-every", every) : null,
        };
    }
}
