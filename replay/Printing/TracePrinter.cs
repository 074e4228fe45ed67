using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Replay.Printing;

/// <summary>Prints traces with all processors. The output is the same, byte for byte, for any number of workers.</summary>
public sealed class TracePrinter : ITraceConsumer
{
    private const int LongText = 1 << 20;
    private readonly Func<EventFormat> _newFormat;
    private readonly EventFormat _format;
    private readonly TextBuffer _text = new();
    private readonly Stream _output;
    private readonly bool _withStatus;
    private readonly int _workers;
    private bool _isHeaderWritten;
    private Allowance _allowance = new();

    /// <summary>Prepares for printing.</summary>
    /// <param name="selection">Which events.</param>
    /// <param name="newFormat">Makes a format; each worker has its own.</param>
    /// <param name="output">Where to; not closed.</param>
    /// <param name="withStatus">Whether losses are printed between the events.</param>
    /// <param name="workers">How many threads.</param>
    public TracePrinter(TraceSelection selection, Func<EventFormat> newFormat, Stream output, bool withStatus, int workers)
    {
        Selection = selection;
        _newFormat = newFormat;
        _format = newFormat();
        _output = output;
        _withStatus = withStatus;
        _workers = workers;
    }

    /// <summary>Which events, and what was found.</summary>
    public TraceSelection Selection { get; }

    /// <summary>How much text the smallest file may make, in bytes.</summary>
    internal long FreeText { get; init; } = Allowance.Free;

    /// <summary>Files below this length, in bytes, are printed by one worker.</summary>
    internal long ParallelFrom { get; init; } = BlockPipeline.WorthParallel;

    ConsumerNeeds ITraceConsumer.Needs => ConsumerNeeds.Rows | ConsumerNeeds.Text | ConsumerNeeds.AtOnce;

    /// <summary>Prints one file.</summary>
    /// <param name="trace">At its beginning; not closed.</param>
    /// <param name="from">What lies before is not printed.</param>
    /// <exception cref="TraceException">It is no trace, or one of a newer major version.</exception>
    public void Print(Stream trace, EventPlace from = default)
    {
        _allowance = new Allowance(FreeText);
        new BlockPipeline(Selection, this, _workers) { ParallelFrom = ParallelFrom }.Run(trace, from);
    }

    IRowWorker ITraceConsumer.NewWorker() => new Worker(_newFormat());

    /// <summary>Formats rows, until their text is long.</summary>
    private sealed class Worker(EventFormat format) : IRowWorker
    {
        public int Work(SelectedRows rows)
        {
            TextBuffer text = rows.Text!;
            int done = 0;
            for (; done < rows.Rows.Length && text.Length < LongText; done++)
            {
                rows.Block.Read(rows.Rows[done], out TcpEvent e);
                e.NameBy(rows.View);
                format.Write(text, in e);
            }
            return done;
        }
    }

    void ITraceConsumer.OnHeader(TraceHeader header, WorkloadView view)
    {
        if (_isHeaderWritten)
            return;
        _isHeaderWritten = true;
        _format.WriteHeader(_text);
        WriteText();
    }

    void ITraceConsumer.OnLoss(LossRecord loss)
    {
        if (!_withStatus)
            return;
        _format.WriteLoss(_text, in loss);
        WriteText();
    }

    private void WriteText()
    {
        _output.Write(_text.Written);
        _text.Clear();
    }

    /// <summary>In the order of the file, so that the limit does not depend on which worker is quicker.</summary>
    bool ITraceConsumer.OnRows(SelectedRows rows)
    {
        _allowance.ReadUpTo(rows.BlockEnd);
        if (!_allowance.Take(rows.Text!.Length + rows.Text.Effort + rows.Done * Allowance.OfEvent))
        {
            Selection.Findings.Add(new TraceDamage(TraceFault.BadRecord, rows.Offset,
                $"no more than {_allowance.Limit} bytes of text of so short a trace", "more: what follows is not shown"));
            Selection.Findings.IsFinished = true;
            return false;
        }
        _output.Write(rows.Text.Written);
        return true;
    }
}
