using TcpTracer.Formats.Events;
using TcpTracer.Recorder.Live;
using TcpTracer.Tests.Formats;
using Xunit;

namespace TcpTracer.Tests.Recorder;

/// <summary>Who is at the other end of a connection: known from its first event on, and never another connection's.</summary>
public sealed class BothEndsTests
{
    private const ulong Flow = 77, Client = 11, Server = 22;

    [Fact]
    public void EachEndIsToldOfTheOtherOnceThatWasSeen()
    {
        var ends = new BothEnds(10);
        Assert.Equal(0u, Far(ends, At(1, Operation.Connect, Client)));
        Assert.Equal(Client, Far(ends, At(2, Operation.Accept, Server)));
        Assert.Equal(Server, Far(ends, At(1, Operation.Close, Client)));
        Assert.Equal(Client, Far(ends, At(2, Operation.Close, Server)));
    }

    [Fact]
    public void ServerMayAcceptAClientThatHasClosed()
    {
        var ends = new BothEnds(10);
        Far(ends, At(1, Operation.Connect, Client));
        Far(ends, At(1, Operation.Close, Client));
        Assert.Equal(Client, Far(ends, At(2, Operation.Accept, Server)));
    }

    [Fact]
    public void FlowThatIsNotKnownJoinsNobody()
    {
        var ends = new BothEnds(10);
        Far(ends, At(1, Operation.Connect, Client, flow: 0));
        Assert.Equal(0u, Far(ends, At(2, Operation.Accept, Server, flow: 0)));
    }

    [Fact]
    public void ThirdEndOfAFlowIsAnotherConnection()
    {
        var ends = new BothEnds(10);
        Far(ends, At(1, Operation.Connect, Client));
        Far(ends, At(2, Operation.Accept, Server));
        Assert.Equal(0u, Far(ends, At(3, Operation.Accept, 33)));
        Assert.Equal(Server, Far(ends, At(1, Operation.Close, Client)));
    }

    [Fact]
    public void OwnerThatIsNotKnownIsNobody()
    {
        var ends = new BothEnds(10);
        Far(ends, At(1, Operation.Existing, 0));
        Assert.Equal(0u, Far(ends, At(2, Operation.Accept, Server)));
        Far(ends, At(1, Operation.Progress, Client));
        Assert.Equal(Client, Far(ends, At(2, Operation.Close, Server)));
    }

    [Fact]
    public void OpenConnectionIsKnownHoweverManyEndMeanwhile()
    {
        var ends = new BothEnds(10);
        Far(ends, At(1, Operation.Connect, Client));
        for (ulong flow = 1_000; flow < 50_000; flow++)
        {
            Far(ends, At((long)flow, Operation.Connect, Client, flow));
            Far(ends, At((long)flow, Operation.Close, Client, flow));
        }
        Assert.Equal(Client, Far(ends, At(2, Operation.Accept, Server)));
    }

    [Fact]
    public void MoreConnectionsThanItKnowsTakeNoMemory()
    {
        var ends = new BothEnds(10);
        for (ulong flow = 1_000; flow < 50_000; flow++)
            Far(ends, At((long)flow, Operation.Connect, Client, flow));
        Assert.Equal(0u, Far(ends, At(2, Operation.Accept, Server, 49_999)));
        Assert.Equal(Client, Far(ends, At(2, Operation.Accept, Server, 1_000)));
    }

    private static TcpEvent At(long start, Operation operation, ulong cgroup, ulong flow = Flow) => new()
    {
        StartNs = start,
        Operation = operation,
        Flow = flow,
        Process = SampleEvents.Seed.Process with { Cgroup = cgroup },
    };

    private static ulong Far(BothEnds ends, TcpEvent e)
    {
        ends.Meet(ref e);
        return e.FarCgroup;
    }
}
