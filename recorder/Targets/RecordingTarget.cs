using TcpTracer.Formats.Events;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Targets;

/// <summary>
/// Where a recording goes: one file, a set of files, or memory until somebody asks for it. Disposing it closes the files.
/// </summary>
public abstract class RecordingTarget : IEventSink, IDisposable
{
    /// <summary>Bytes written to files so far.</summary>
    public abstract long BytesWritten { get; }

    /// <summary>Events written to files so far.</summary>
    public abstract long Events { get; }

    /// <summary>Events that are not in a file yet. A flight recorder writes them only on request.</summary>
    public abstract long EventsInMemory { get; }

    /// <summary>Events that a flight recorder forgot because they were too old or too many.</summary>
    public virtual long EventsLetGo => 0;

    /// <summary>How many files of this recording were deleted again, and how many events were in them.</summary>
    public virtual (int Files, long Events) Deleted => default;

    /// <summary>Where the events went, for the closing line.</summary>
    public abstract string Description { get; }

    /// <summary>The full name of the file that was begun last; empty: there is none. From any thread.</summary>
    public abstract string NewestFile { get; }

    /// <inheritdoc/>
    public abstract void OnEvent(in TcpEvent e);

    /// <inheritdoc/>
    public abstract void OnClock(in ClockSample sample);

    /// <inheritdoc/>
    public abstract void OnLoss(in LossRecord loss);

    /// <inheritdoc/>
    public abstract void OnWorkloads(WorkloadChange change, WorkloadView view);

    /// <summary>Names the files of a set: <c>3 files trace-*.tct</c>.</summary>
    protected static string DescribeSet(string path, int files) =>
        $"{files} file{(files == 1 ? "" : "s")} {Path.GetFileNameWithoutExtension(path)}-*{Path.GetExtension(path)}";

    /// <inheritdoc/>
    public abstract void OnPause();

    /// <summary>The recording begins. From now on files of earlier recordings may be moved aside or deleted.</summary>
    /// <exception cref="IOException">The file cannot get its name.</exception>
    public virtual void Place()
    {
    }

    /// <summary>Instead of <see cref="Place"/>: there is no recording. Earlier files stay as they were.</summary>
    public virtual void Discard()
    {
    }

    /// <summary>For SIGUSR2: begins a new file, or writes the memory to a file, at the next pause.</summary>
    public virtual void Request()
    {
    }

    /// <summary>Writes what is in memory, for those who read along.</summary>
    public virtual void Flush()
    {
    }

    /// <summary>The recording is over.</summary>
    /// <param name="cause">Why it ended.</param>
    /// <param name="captured">Events taken from the kernel.</param>
    /// <param name="lost">Events lost in all.</param>
    /// <param name="unfinished">Connections that had not ended; null: not known.</param>
    public abstract void Finish(string cause, long captured, long lost, Unfinished? unfinished = null);

    /// <inheritdoc/>
    public abstract void Dispose();
}
