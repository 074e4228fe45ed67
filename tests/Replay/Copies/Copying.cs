using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Text;
using TcpTracer.Replay.Copies;
using TcpTracer.Replay.Names;
using TcpTracer.Replay.Printing;
using TcpTracer.Replay.Reading;
using TcpTracer.Replay.Redactions;

namespace TcpTracer.Tests.Replay.Copies;

/// <summary>The copy that a <see cref="TraceCopy"/> made of traces.</summary>
internal sealed record Copying(byte[] Bytes, TraceSelection Selection, long BlocksCopied)
{
    public static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(i => (byte)(i * 7 + 1))];

    private static TraceSelection Select(Selection? selection, Enrichment enrichment, TimeWindow? times = null) =>
        new(new EventFilter((selection ?? new Selection()) with { Existing = true, Progress = true }), times ?? TimeWindow.Everything)
        {
            Enrichment = enrichment
        };

    public static Copying Filter(byte[] trace, Selection? selection = null, int workers = 1, Enrichment enrichment = Enrichment.AsSeen,
        TimeWindow? times = null)
    {
        var to = new MemoryStream();
        TraceSelection wanted = Select(selection, enrichment, times);
        var copy = new TraceCopy(wanted, to, new CopyNote(CopyNote.Filter, selection?.DescribeWanted() ?? "", "tcptracer 9"), workers)
        {
            ParallelFrom = 0
        };
        copy.Run(new MemoryStream(trace));
        return new Copying(to.ToArray(), wanted, copy.BlocksCopied);
    }

    public static Copying Redact(byte[] trace, RedactionPolicy? policy = null, byte[]? key = null, Selection? selection = null)
    {
        var to = new MemoryStream();
        TraceSelection wanted = Select(selection, Enrichment.AsSeen);
        var copy = RedactedCopy.Begin(wanted, to, policy ?? new RedactionPolicy(), key ?? Key, "tcptracer 9", 2);
        copy.Run(new MemoryStream(trace));
        return new Copying(to.ToArray(), wanted, copy.BlocksCopied);
    }

    /// <summary>The output of show, with every field if the format can have every field.</summary>
    public static string Show(byte[] trace, string format = "json", Selection? selection = null, Enrichment enrichment = Enrichment.AsSeen)
    {
        const string all = "+labels,+owner,+image,+container_id,+pod_uid,+args,+pcomm,+fd,+actor_pid,+actor_comm,+listener_comm,"
            + "+boottime_ns,+netns_cookie,+cgroup_v1";
        string? fields = format is "columns" or "wide" ? null : all;
        var output = new MemoryStream();
        var wanted = new TraceSelection(new EventFilter((selection ?? new Selection()) with { Existing = true, Progress = true }),
            TimeWindow.Everything)
        { Enrichment = enrichment };
        new TracePrinter(wanted, () => EventFormat.Parse(format, fields, true), output, true, 1).Print(new MemoryStream(trace));
        return System.Text.Encoding.UTF8.GetString(output.ToArray());
    }
}
