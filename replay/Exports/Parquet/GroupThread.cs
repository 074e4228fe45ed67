using System.Runtime.ExceptionServices;

namespace TcpTracer.Replay.Exports.Parquet;

/// <summary>A thread that writes groups of rows, one at a time. What it fails at is thrown where the next one is handed over.</summary>
internal sealed class GroupThread : IDisposable
{
    private readonly object _lock = new();
    private readonly Thread _thread;
    private Action<PageBuffers>? _work;
    private Exception? _failure;
    private bool _isEnding;

    public GroupThread()
    {
        _thread = new Thread(Work) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Waits until the work before is done, and hands over more.</summary>
    public void Run(Action<PageBuffers> work)
    {
        lock (_lock)
        {
            WaitLocked();
            _work = work;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Waits until all is done.</summary>
    public void Wait()
    {
        lock (_lock)
            WaitLocked();
    }

    private void WaitLocked()
    {
        while (_work is not null)
            Monitor.Wait(_lock);
        if (_failure is not null)
            ExceptionDispatchInfo.Throw(_failure);
    }

    private void Work()
    {
        using var buffers = new PageBuffers();
        while (Next() is { } work)
        {
            Exception? failure = null;
            try
            {
                work(buffers);
            }
            catch (Exception e)
            {
                failure = e;
            }
            lock (_lock)
            {
                _failure ??= failure;
                _work = null;
                Monitor.PulseAll(_lock);
            }
        }
    }

    private Action<PageBuffers>? Next()
    {
        lock (_lock)
        {
            while (_work is null && !_isEnding)
                Monitor.Wait(_lock);
            return _work;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isEnding = true;
            Monitor.PulseAll(_lock);
        }
        _thread.Join();
    }
}
