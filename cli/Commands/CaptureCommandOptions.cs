using System.CommandLine;
using System.Globalization;
using TcpTracer.Formats.Pipeline;

namespace TcpTracer.Cli.Commands;

/// <summary>How long and with which buffers: for live and record.</summary>
internal sealed class CaptureCommandOptions
{
    private readonly Option<string?> _duration = new("--duration") { HelpName = "TIME", Description = "End after this time: 30s, 5m, 1h" };
    private readonly Option<string?> _count = new("--count") { HelpName = "N", Description = "End after N events" };
    private readonly Option<string?> _nodeName = new("--node-name") { HelpName = "NAME", Description = "Name of this node in the output (default: $NODE_NAME, else the host name)" };
    private readonly Option<string?> _bufferSize = new("--buffer-size") { HelpName = "SIZE", Description = "Ring between kernel and recorder, a power of two (default 8M)" };
    private readonly Option<string?> _maxConnections = new("--max-connections") { HelpName = "N", Description = "How many connections are followed at once (default 131072)" };

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _duration, _count, _nodeName, _bufferSize, _maxConnections })
            command.Options.Add(option);
    }

    public CaptureRequest Read(ParseResult parsed)
    {
        int ring = Quantity.Bytes("--buffer-size", parsed.GetValue(_bufferSize) ?? "8M");
        if (ring < 4096 || ring > 1 << 30 || !System.Numerics.BitOperations.IsPow2(ring))
            throw new SelectionException($"--buffer-size: a power of two from 4K to 1G is expected, not {ring} bytes");
        long? count = parsed.GetValue(_count) is { } text ? Quantity.Number("--count", text) : null;
        int connections = Quantity.Number("--max-connections", parsed.GetValue(_maxConnections) ?? "131072");
        return new CaptureRequest(
            parsed.GetValue(_duration) is { } duration ? Quantity.Time("--duration", duration) : null, count,
            parsed.GetValue(_nodeName) ?? Environment.GetEnvironmentVariable("NODE_NAME") ?? Environment.MachineName, ring, connections);
    }
}

/// <summary>What was asked for.</summary>
internal sealed record CaptureRequest(TimeSpan? Duration, long? Count, string Node, int RingBytes, int MaxConnections);

/// <summary>Numbers with units.</summary>
internal static class Quantity
{
    public static TimeSpan Time(string option, string text)
    {
        (string number, double seconds) = text switch
        {
            [.., 'm', 's'] => (text[..^2], 0.001),
            [.., 's'] => (text[..^1], 1),
            [.., 'm'] => (text[..^1], 60),
            [.., 'h'] => (text[..^1], 3600),
            [.., 'd'] => (text[..^1], 86400),
            _ => (text, 1),
        };
        return double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value) && value > 0 && value * seconds < 1e9
            ? TimeSpan.FromSeconds(value * seconds)
            : throw new SelectionException($"{option} '{text}': a time such as 30s, 5m or 1h is expected");
    }

    public static int Number(string option, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value > 0
            ? value
            : throw new SelectionException($"{option} '{text}': a number from 1 to {int.MaxValue} is expected");

    public static int Bytes(string option, string text)
    {
        (string number, long unit) = text.Length == 0 ? (text, 1) : char.ToUpperInvariant(text[^1]) switch
        {
            'K' => (text[..^1], 1L << 10),
            'M' => (text[..^1], 1L << 20),
            'G' => (text[..^1], 1L << 30),
            _ => (text, 1L),
        };
        return long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value * unit is > 0 and <= int.MaxValue
            ? (int)(value * unit)
            : throw new SelectionException($"{option} '{text}': a size such as 512K or 8M is expected");
    }
}
