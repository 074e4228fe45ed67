using System.Text;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Printing;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Formats.TraceFile;
using Xunit;

namespace TcpTracer.Tests.Replay;

/// <summary><c>--sort</c>: rows in the order of a field.</summary>
public sealed class KeptRowsTests
{
    private static string[] Sort(string order, string fields, long? most, params TcpEvent[] events)
    {
        var to = new MemoryStream();
        var kept = new KeptRows(to, EventFormat.Parse("custom-columns=" + fields, null, false), RowOrder.Parse(order, Fields.OfEvents),
            most, withStatus: false);
        foreach (TcpEvent e in events)
            kept.OnEvent(in e);
        kept.Finish();
        return Encoding.UTF8.GetString(to.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static TcpEvent Of(string comm, ushort port = 1, string address = "10.0.0.1", ushort error = 0) =>
        SampleEvents.Make(Operation.ConnectFailed, comm) with { Dport = port, Daddr = SampleEvents.AddressOf(address), Error = error };

    [Theory]
    [InlineData("dport", "b c a d")]
    [InlineData("-dport", "d a b c")]
    [InlineData("dport:desc", "d a b c")]
    [InlineData("dport:asc", "b c a d")]
    [InlineData("comm", "a b c d")]
    [InlineData("daddr", "a b d c")]
    [InlineData("-daddr", "c d b a")]
    [InlineData("error", "d a b c")]
    [InlineData("-error", "a d b c")]
    public void RowsAreSortedByTheField(string order, string expected) => Assert.Equal(expected, string.Join(' ', Sort(
        order, "comm", null,
        Of("b", 80, "10.0.0.9"), Of("a", 443, "10.0.0.1", 113), Of("c", 80, "fd00::1"), Of("d", 8080, "10.0.0.10", 111))));

    [Fact]
    public void FirstSortedRowsEqualTheBeginningOfAllRows()
    {
        TcpEvent[] events = RandomTraffic.Events(9, 5_000);
        for (int i = 0; i < events.Length; i++)
        {
            events[i].Fd = i;
            events[i].NameBy(new WorkloadView(new SafeText("n")));
        }
        foreach (string order in new[] { "sport", "-comm", "latency_ns", "-saddr", "reason" })
        {
            string[] all = Sort(order, "fd", null, events);
            Assert.Equal(events.Length, all.Distinct().Count());
            Assert.Equal(all.Take(77), Sort(order, "fd", 77, events));
        }
    }

    [Fact]
    public void TooManyRowsToSortAreRefusedWithoutFirst()
    {
        TcpEvent[] events = [.. Enumerable.Range(0, 1_000).Select(i => Of($"c{i:0000}"))];
        void Keep(long? most)
        {
            var kept = new KeptRows(Stream.Null, EventFormat.Parse("json", null, false), RowOrder.Parse("comm", Fields.OfEvents), most,
                false)
            { Limit = 50_000 };
            foreach (TcpEvent e in events)
                kept.OnEvent(in e);
        }
        Assert.Equal(50_000, Assert.Throws<TooManyRowsException>(() => Keep(null)).Limit);
        Keep(20);
    }
}
