using System.CommandLine;
using TcpTracer.Formats.Pipeline;
using TcpTracer.Recorder.Workloads;

namespace TcpTracer.Cli.Commands;

/// <summary>How long and with which buffers: for live and record.</summary>
internal sealed class CaptureCommandOptions
{
    private readonly Option<string?> _duration = new("--duration") { HelpName = "TIME", Description = "End after this time: 30s, 5m, 1h" };
    private readonly Option<string?> _count = new("--count") { HelpName = "N", Description = "End after N events" };
    private readonly Option<string?> _nodeName = new("--node-name") { HelpName = "NAME", Description = "Name of this node in the output (default: $NODE_NAME, else as its cluster calls it, else the host name)" };
    private readonly Option<string?> _kubeconfig = new("--kubeconfig") { HelpName = "FILE", Description = "How to reach the Kubernetes API (default: $KUBECONFIG, ~/.kube/config, or the pod's service account)" };
    private readonly Option<string?> _context = new("--context") { HelpName = "NAME", Description = "Context of the kubeconfig (default: its current one)" };
    private readonly Option<string?> _runtimeEndpoint = new("--runtime-endpoint") { HelpName = "SOCKET", Description = "Socket of the container runtime (default: found where containerd and CRI-O have it)" };
    private readonly Option<bool> _noKubernetes = new("--no-kubernetes") { Description = "Ask neither the Kubernetes API nor a container runtime for names" };
    private readonly Option<string?> _bufferSize = new("--buffer-size") { HelpName = "SIZE", Description = "Ring between kernel and recorder, a power of two (default 8M)" };
    private readonly Option<string?> _maxConnections = new("--max-connections") { HelpName = "N", Description = "How many connections are followed at once (default 131072)" };

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _duration, _count, _nodeName, _kubeconfig, _context, _runtimeEndpoint, _noKubernetes, _bufferSize, _maxConnections })
            command.Options.Add(option);
    }

    public CaptureRequest Read(ParseResult parsed)
    {
        long ring = Quantity.Bytes("--buffer-size", parsed.GetValue(_bufferSize) ?? "8M");
        if (ring < 4096 || ring > 1 << 30 || !System.Numerics.BitOperations.IsPow2(ring))
            throw new SelectionException($"--buffer-size: a power of two from 4K to 1G is expected, not {ring} bytes");
        long? count = parsed.GetValue(_count) is { } text ? Quantity.Number("--count", text) : null;
        int connections = Quantity.Number("--max-connections", parsed.GetValue(_maxConnections) ?? "131072");
        return new CaptureRequest(
            parsed.GetValue(_duration) is { } duration ? Quantity.Time("--duration", duration) : null, count,
            parsed.GetValue(_nodeName) ?? Environment.GetEnvironmentVariable("NODE_NAME"), (int)ring, connections)
        {
            Sources = new SourceOptions
            {
                Kubeconfig = parsed.GetValue(_kubeconfig),
                Context = parsed.GetValue(_context),
                RuntimeEndpoint = parsed.GetValue(_runtimeEndpoint),
                NoKubernetes = parsed.GetValue(_noKubernetes),
            },
        };
    }
}

/// <summary>What was asked for.</summary>
internal sealed record CaptureRequest(TimeSpan? Duration, long? Count, string? Node, int RingBytes, int MaxConnections)
{
    public required SourceOptions Sources { get; init; }
}
