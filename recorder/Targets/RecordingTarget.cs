using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Targets;

/// <summary>Where a recording goes: one file, a set of files, or memory until it is asked for.</summary>
public abstract class RecordingTarget : IEventSink, IDisposable
{
    /// <summary>Bytes written to files so far.</summary>
    public abstract long BytesWritten { get; }

    /// <summary>Events written to files so far.</summary>
    public abstract long Events { get; }

    /// <summary>Events that are not written yet, or never will be unless asked for.</summary>
    public abstract long EventsInMemory { get; }

    /// <summary>Events that a memory let go because they were too old or too many.</summary>
    public virtual long EventsLetGo => 0;

    /// <summary>Files of this recording that are deleted again, and how many events were in them.</summary>
    public virtual (int Files, long Events) Deleted => default;

    /// <summary>Where they went, for the closing line.</summary>
    public abstract string Description { get; }

    /// <summary>The full name of the file that was begun last; empty: none. From any thread.</summary>
    public abstract string NewestFile { get; }

    /// <inheritdoc/>
    public abstract void OnEvent(in TcpEvent e);

    /// <inheritdoc/>
    public abstract void OnClock(in ClockSample sample);

    /// <inheritdoc/>
    public abstract void OnLoss(in LossRecord loss);

    /// <inheritdoc/>
    public abstract void OnWorkloads(WorkloadChange change, WorkloadView view);

    /// <inheritdoc/>
    public abstract void OnPause();

    /// <summary>The recording begins: from here on files of earlier ones may be moved aside or deleted.</summary>
    public virtual void Place()
    {
    }

    /// <summary>Instead of <see cref="Place"/>: there is nothing to record. Everything is as it was.</summary>
    public virtual void Discard()
    {
    }

    /// <summary>SIGUSR2: begins a new file, or writes the memory out. Takes effect at the next pause.</summary>
    public virtual void Request()
    {
    }

    /// <summary>The recording is over.</summary>
    /// <param name="cause">Why.</param>
    /// <param name="captured">Events taken from the kernel.</param>
    /// <param name="lost">Events lost in all.</param>
    /// <param name="unfinished">What came to no end.</param>
    public abstract void Finish(string cause, long captured, long lost, Unfinished? unfinished = null);

    /// <inheritdoc/>
    public abstract void Dispose();
}
