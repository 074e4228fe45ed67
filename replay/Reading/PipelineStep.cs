using System.Buffers;
using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Replay.Reading;

/// <summary>A place in the order of a file: a block of events, or something that lies between two blocks.</summary>
internal sealed class PipelineStep
{
    /// <summary>The block, until a worker unpacks it.</summary>
    public PackedBlock? Packed { get; set; }

    /// <summary>The block as it lies in the file, where the consumer needs it.</summary>
    public PackedBlock? Frame { get; init; }

    /// <summary>The block, once it is unpacked.</summary>
    public EventBlock? Block { get; set; }

    /// <summary>Hands the consumer what is here in place of a block.</summary>
    public Action? HandOn { get; set; }

    /// <summary>The size of the unpacked block, in bytes.</summary>
    public int RawBytes { get; init; }

    /// <summary>The offset at which the block begins.</summary>
    public long Offset { get; init; }

    /// <summary>The offset at which it ends.</summary>
    public long End { get; init; }

    /// <summary>The names that hold here.</summary>
    public WorkloadView View { get; init; } = WorkloadView.Empty;

    /// <summary>The time window that holds here.</summary>
    public WallWindow? Window { get; init; }

    /// <summary>The numbers of the selected rows, in a rented array.</summary>
    public int[] Rows { get; set; } = [];

    /// <summary>How many rows are selected; below zero: the block waits to be filtered.</summary>
    public int Count { get; set; } = -1;

    /// <summary>The next selected row that is in no part yet.</summary>
    public int NextRow { get; set; }

    /// <summary>Whether the limit of the selection was applied.</summary>
    public bool IsTrimmed { get; set; }

    /// <summary>Rows that the selection counts as passed.</summary>
    public int Passed { get; set; }

    /// <summary>The consumer wants no more of it.</summary>
    public bool IsCut { get; set; }

    /// <summary>Rows that were handed out and are not consumed yet, in order.</summary>
    public Queue<SelectedRows> Parts { get; } = new();

    /// <summary>Whether the block was filtered.</summary>
    public bool IsSelected => Count >= 0;

    /// <summary>Whether all its rows are in parts.</summary>
    public bool IsHandedOut => IsSelected && NextRow >= Count;

    /// <summary>Whether nothing is left to be done here.</summary>
    public bool IsDone => IsHandedOut && Parts.Count == 0 && HandOn is null;

    /// <summary>Gives back the rented array.</summary>
    public void ReturnRows()
    {
        if (Rows.Length > 0)
            ArrayPool<int>.Shared.Return(Rows);
        Rows = [];
    }
}
