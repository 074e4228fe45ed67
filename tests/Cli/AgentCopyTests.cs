using TcpTracer.Cli.Handlers.Agents;
using TcpTracer.Formats.Filter;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Replay.Copies;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>What an agent streams while nothing happens that was asked for.</summary>
public sealed class AgentCopyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>The bytes of a stream of a file to which nothing is added, after its end was looked at some times.</summary>
    private static byte[] Stream(string file, int looks, TimeSpan? longestSilence, out IReadOnlyList<long> lengths)
    {
        var to = new MemoryStream();
        var seen = new List<long>();
        var agent = new AgentStatus("tcptracer", "node-1", null, file, file, default, 0, new Dictionary<string, long>(), 1, [], []);
        var copy = new AgentCopy(agent, new Selection(), TimeWindow.Everything, to, () =>
        {
            if (to.Length > 0 && seen.Count < looks)
                seen.Add(to.Length);
            return seen.Count >= looks;
        })
        { LongestSilence = longestSilence };
        Assert.Equal(0, copy.Run(follow: true));
        lengths = seen;
        return to.ToArray();
    }

    [Fact]
    public void NodeWhereNothingHappensStreamsSignsOfLifeThatChangeNothing()
    {
        byte[] trace = new NodeTraces(connections: 30).Of(0, isEnded: false);
        string file = _folder.File("node.tct");
        File.WriteAllBytes(file, trace);
        byte[] silent = Stream(file, looks: 6, longestSilence: null, out IReadOnlyList<long> lengths);
        Assert.Single(lengths.TakeLast(3).Distinct()); // first the trace itself comes, in pieces
        byte[] alive = Stream(file, looks: 6, TimeSpan.Zero, out lengths);
        Assert.True(lengths[^1] > lengths[^2] && lengths[^1] - lengths[^2] < 200, string.Join(' ', lengths));
        Assert.Equal(Copying.Show(silent), Copying.Show(alive));
        Assert.NotEmpty(Copying.Show(alive));
        string copied = _folder.File("copy.tct");
        File.WriteAllBytes(copied, alive);
        Assert.Equal(0, TcptracerProgram.Run(["verify", copied]).ExitCode);
    }

    public void Dispose() => _folder.Dispose();
}
