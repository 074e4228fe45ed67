using System.CommandLine;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Words;

namespace TcpTracer.Cli.Commands;

/// <summary>How long and with which buffers: for live and record.</summary>
internal sealed class CaptureCommandOptions
{
    private readonly Option<string?> _duration = new("--duration") { HelpName = "TIME", Description = "End after this time: 30s, 5m, 1h" };
    private readonly Option<string?> _count = new("--count") { HelpName = "N", Description = "End after N events" };
    private readonly Option<string?> _nodeName = new("--node-name") { HelpName = "NAME", Description = "Name of this node in the output (default: $NODE_NAME, else as its cluster calls it, else the host name)" };
    private readonly SourceCommandOptions _sources = new();
    private readonly Option<string?> _bufferSize = new("--buffer-size") { HelpName = "SIZE", Description = "Ring between kernel and recorder, a power of two (default 8M)" };
    private readonly Option<string?> _maxConnections = new("--max-connections") { HelpName = "N", Description = "How many connections are followed at once (default 131072); beyond it the oldest of the process with most make room, and that is counted" };

    private readonly Option<string?> _progressEvery = new("--progress-every") { HelpName = "TIME", Description = "Every TIME an event `progress` for each open connection, with what it has sent and received so far; live mode shows them, show and --print where --op names them" };
    private readonly Option<bool> _arguments = new("--args") { Description = "Keep the command lines of processes (field args), up to 1 KB each: they may hold passwords" };

    private const int MostConnections = 1 << 22; // some 1.5 GB in the kernel

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _duration, _count, _nodeName })
            command.Options.Add(option);
        _sources.AddTo(command);
        command.Options.Add(_bufferSize);
        command.Options.Add(_maxConnections);
        command.Options.Add(_progressEvery);
        command.Options.Add(_arguments);
    }

    public CaptureRequest Read(ParseResult parsed)
    {
        long ring = Quantity.Bytes("--buffer-size", parsed.GetValue(_bufferSize) ?? "8M");
        if (ring < 4096 || ring > 1 << 30 || !System.Numerics.BitOperations.IsPow2(ring))
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
            ProgressEvery = parsed.GetValue(_progressEvery) is { } every ? Quantity.Time("--progress-every", every) : null,
        };
    }
}
