using TcpTracer.Formats.Connections;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Tests.Formats.Connections;

/// <summary>The connections that a <see cref="ConnectionTracker"/> makes of events.</summary>
internal sealed class Gathered : IEventSink
{
    /// <summary>The rows in their order. After: the number of events before the row was handed on.</summary>
    public List<(Connection Connection, int After)> Rows { get; } = [];

    public long LetGo { get; private init; }

    private int _seen;

    public void OnEvent(in TcpEvent e) => Rows.Add((e.Connection!, _seen));

    public static Gathered From(IEnumerable<TcpEvent> events, int limit = ConnectionTracker.UsualLimit, bool joinsCutEnds = true)
    {
        var gathered = new Gathered();
        var tracker = new ConnectionTracker(gathered, limit)
        {
            CalledEnds = new CalledEnds(), IsGuessedAtOnce = true, JoinsCutEnds = joinsCutEnds,
        };
        foreach (TcpEvent e in events)
        {
            gathered._seen++;
            tracker.OnEvent(in e);
        }
        tracker.Finish();
        return new Gathered { Rows = { }, LetGo = tracker.LetGo }.With(gathered.Rows);
    }

    private Gathered With(List<(Connection, int)> rows)
    {
        Rows.AddRange(rows);
        return this;
    }

    /// <summary>The rows as <c>-o</c> prints them.</summary>
    public string[] Print(string format, string? fields = null)
    {
        EventFormat writer = EventFormat.Parse(format, fields, false, ConnectionFields.OfConnections);
        return [.. Rows.Select(r =>
        {
            var text = new TextBuffer();
            TcpEvent row = r.Connection.ToRow();
            writer.Write(text, in row);
            return System.Text.Encoding.UTF8.GetString(text.Written).TrimEnd('\n');
        })];
    }

    /// <summary>One event of an end of a connection. The start identifies the end.</summary>
    public static TcpEvent Of(Operation operation, long start, long at, ulong flow = 0, Reason reason = Reason.None,
        string node = "minikube", string comm = "wget")
    {
        TcpEvent e = SampleEvents.Make(operation, comm);
        e.WallNs += at - (e.TimestampNs - e.StartNs);
        e.StartNs += start;
        e.WallNs += start;
        e.TimestampNs = e.StartNs + at;
        e.Flow = flow;
        e.Reason = reason;
        e.Workload = Workload.Host(new SafeText(node));
        if (operation is Operation.Accept or Operation.Unaccepted)
            (e.Saddr, e.Sport, e.Daddr, e.Dport) = (e.Daddr, e.Dport, e.Saddr, e.Sport);
        return e;
    }
}
