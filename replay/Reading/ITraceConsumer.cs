using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Replay.Reading;

/// <summary>What a consumer needs, so that it does not pay for what it does not need.</summary>
[Flags]
internal enum ConsumerNeeds
{
    /// <summary>Whole blocks, by their columns.</summary>
    None = 0,

    /// <summary>Rows are read one by one.</summary>
    Rows = 1,

    /// <summary>Workers make text of rows: a block is handed out in small parts.</summary>
    Text = 2,

    /// <summary>Clock samples and names are handed on, too.</summary>
    Changes = 4,

    /// <summary>What has come through a pipe is consumed before more is waited for.</summary>
    AtOnce = 8,

    /// <summary>The bytes of blocks are kept until their rows are consumed.</summary>
    Frames = 16,
}

/// <summary>
/// Consumes the selected events of traces. Workers work on rows side by side; everything else is called in the order of the file, one call
/// at a time.
/// </summary>
internal interface ITraceConsumer
{
    /// <summary>What it needs.</summary>
    ConsumerNeeds Needs { get; }

    /// <summary>Makes a worker for one thread.</summary>
    IRowWorker NewWorker();

    /// <summary>A trace begins: more than one in a file where files were concatenated.</summary>
    void OnHeader(TraceHeader header, WorkloadView view)
    {
    }

    /// <summary>From here on wall time follows this sample; with <see cref="ConsumerNeeds.Changes"/>.</summary>
    void OnClock(ClockSample sample)
    {
    }

    /// <summary>Names became known here; with <see cref="ConsumerNeeds.Changes"/>.</summary>
    void OnWorkloads(WorkloadChange change, WorkloadView view)
    {
    }

    /// <summary>Events were lost here.</summary>
    void OnLoss(LossRecord loss)
    {
    }

    /// <summary>The recorder's end of a trace; with <see cref="ConsumerNeeds.Changes"/>.</summary>
    void OnEnd(TraceEnd end)
    {
    }

    /// <summary>A worker has worked on these rows.</summary>
    /// <returns>false: no more rows of this trace are wanted.</returns>
    bool OnRows(SelectedRows rows) => true;
}

/// <summary>Works on selected rows, in one thread.</summary>
internal interface IRowWorker
{
    /// <summary>Works on <see cref="SelectedRows.Rows"/>. They are good only during the call.</summary>
    /// <returns>How many it has done, at least one. The others come again when the text of these is consumed.</returns>
    int Work(SelectedRows rows);
}
