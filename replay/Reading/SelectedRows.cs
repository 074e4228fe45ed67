using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Replay.Reading;

/// <summary>
/// Selected rows of one block, on their way through a <see cref="BlockPipeline"/>. Where their text is long, they are worked on in several
/// goes.
/// </summary>
internal sealed class SelectedRows
{
    private readonly PipelineStep _step;
    private readonly int _end;
    private int _next;

    /// <param name="step">Whose rows.</param>
    /// <param name="first">The first, among the selected rows of the block.</param>
    /// <param name="end">The end, exclusive.</param>
    public SelectedRows(PipelineStep step, int first, int end)
    {
        _step = step;
        _next = first;
        _end = end;
    }

    /// <summary>The bytes of their block, with <see cref="ConsumerNeeds.Frames"/>.</summary>
    public PackedBlock? Frame => _step.Frame;

    /// <summary>What a worker noted about them, for its consumer.</summary>
    public IReadOnlyCollection<BlockMentions>? Mentions { get; set; }

    /// <summary>What a worker says of the whole block, for a consumer that copies it as it is.</summary>
    public BlockHeader? Description { get; set; }

    /// <summary>Their block.</summary>
    public EventBlock Block => _step.Block!;

    /// <summary>The names that hold for it.</summary>
    public WorkloadView View => _step.View;

    /// <summary>The offset at which the block begins.</summary>
    public long Offset => _step.Offset;

    /// <summary>The offset at which the block ends.</summary>
    public long BlockEnd => _step.End;

    /// <summary>The numbers of the rows that are not yet done.</summary>
    public ReadOnlySpan<int> Rows => _step.Rows.AsSpan(_next, _end - _next);

    /// <summary>How many of <see cref="Rows"/> a worker has done in this pass.</summary>
    public int Done { get; private set; }

    /// <summary>What a worker makes of them; null unless its consumer needs it.</summary>
    public TextBuffer? Text { get; set; }

    /// <summary>The events that a worker made of them; null unless its consumer takes events.</summary>
    public BlockBatch? Batch { get; set; }

    /// <summary>The state of this pass.</summary>
    public WorkState State { get; private set; }

    /// <summary>Rows of this pass and later ones.</summary>
    public int Left => _end - _next;

    /// <summary>A worker takes them.</summary>
    public void Begin() => State = WorkState.InWork;

    /// <summary>It has done some.</summary>
    public void End(int done)
    {
        Done = done;
        State = WorkState.Done;
    }

    /// <summary>What was done is consumed; the rest waits for the next go.</summary>
    public void Consume()
    {
        _next += Done;
        Done = 0;
        Text = null;
        State = WorkState.Waiting;
    }

    /// <summary>No more of them are wanted.</summary>
    public void Drop()
    {
        _next = _end;
        Done = 0;
    }
}

/// <summary>How far the work on some rows is.</summary>
internal enum WorkState
{
    /// <summary>It waits for a worker.</summary>
    Waiting,

    /// <summary>A worker works on it.</summary>
    InWork,

    /// <summary>It waits to be consumed.</summary>
    Done,
}
