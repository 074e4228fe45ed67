using TcpTracer.Formats.Connections;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Workloads;
using TcpTracer.Tests.Formats.TraceFile;
using Xunit;

namespace TcpTracer.Tests.Formats.Connections;

/// <summary>Connections whose objects serve again.</summary>
public sealed class ReusedConnectionsTests
{
    private sealed class Lines : IEventSink
    {
        private readonly EventFormat _format = EventFormat.Parse("json", null, false, ConnectionFields.OfConnections);

        public List<string> All { get; } = [];

        public HashSet<Connection> Objects { get; } = new(ReferenceEqualityComparer.Instance);

        public void OnEvent(in TcpEvent e)
        {
            var text = new TextBuffer(1024);
            _format.Write(text, in e);
            All.Add(System.Text.Encoding.UTF8.GetString(text.Written));
            Objects.Add(e.Connection!);
        }
    }

    [Theory]
    [InlineData(ConnectionTracker.UsualLimit)]
    [InlineData(50)]
    public void RowsAreTheSameAndObjectsAreFew(int limit)
    {
        Lines kept = new(), reused = new();
        foreach ((Lines lines, bool isNothingKept) in new[] { (kept, false), (reused, true) })
        {
            var tracker = new ConnectionTracker(lines, limit) { IsNothingKept = isNothingKept };
            foreach (TcpEvent e in RandomTraffic.Events(3, 20_000))
            {
                TcpEvent named = e;
                named.NameBy(WorkloadView.Empty);
                tracker.OnEvent(in named);
            }
            tracker.Finish();
        }
        Assert.Equal(kept.All, reused.All);
        Assert.Equal(kept.All.Count, kept.Objects.Count);
        Assert.True(reused.Objects.Count < kept.Objects.Count / 2, $"{reused.Objects.Count} of {kept.Objects.Count}");
    }
}
