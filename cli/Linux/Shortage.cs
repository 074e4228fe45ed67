namespace TcpTracer.Cli.Linux;

/// <summary>
/// Finds out which limit is too low. With too little memory, or too few threads or descriptors, parts of the runtime fail with messages
/// that do not name the limit. So we try each of them.
/// </summary>
internal static class Shortage
{
    /// <summary>
    /// Threads that are started later: for signals, sockets, the pool (the first one, its supervisor, those that ask for names) and the
    /// command.
    /// </summary>
    private const int ThreadsNeeded = 6;

    private const int DescriptorsTried = 8, StackBytes = 1 << 20, ThreadStackBytes = 64 << 10;

    public const string Memory = "there is not enough memory: raise the limit (ulimit -v, that of the container), "
        + "or record with a smaller --buffer-size or --max-connections";

    private const string Descriptors = "the limit of open files is too low: raise it (ulimit -n 64, LimitNOFILE=)";
    private static readonly string s_threads =
        $"the limit of processes and threads is too low: {ThreadsNeeded} more are needed (ulimit -u, TasksMax=, pids.max of the container)";

    /// <summary>Whether an exception can come from a limit that is too low. Parts of the runtime wrap the original exception.</summary>
    public static bool CanCause(Exception e) =>
        e is TypeInitializationException or TaskSchedulerException or OutOfMemoryException or ThreadStartException;

    /// <summary>The sentence about the limit that is too low; null: none is.</summary>
    public static string? Find()
    {
        if (!CanOpenDescriptors())
            return Descriptors;
        return !CanAllocate() ? Memory : !CanStart(1) ? s_threads : null;
    }

    /// <summary>Call it before the thread pool is used: if the pool cannot start a thread, it waits for ever or aborts.</summary>
    /// <exception cref="UserException">Not enough threads can be started.</exception>
    public static void RequireThreads()
    {
        if (!CanStart(ThreadsNeeded))
            throw new UserException($"this machine cannot record: {(CanAllocate() ? s_threads : Memory)}", ExitCode.CannotRecord);
    }

    private static bool CanStart(int count)
    {
        using var end = new ManualResetEvent(false);
        var started = new List<Thread>();
        try
        {
            while (started.Count < count)
            {
                var thread = new Thread(() => end.WaitOne(), ThreadStackBytes) { IsBackground = true };
                thread.Start();
                started.Add(thread);
            }
            return true;
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            return false;
        }
        finally
        {
            end.Set();
            started.ForEach(t => t.Join());
        }
    }

    private static bool CanAllocate()
    {
        IntPtr memory = LibC.malloc(StackBytes);
        LibC.free(memory);
        return memory != IntPtr.Zero;
    }

    private static bool CanOpenDescriptors()
    {
        const int copy = 1030; // F_DUPFD_CLOEXEC
        List<int> opened = [];
        while (opened.Count < DescriptorsTried && LibC.fcntl(2, copy, 0) is >= 0 and var descriptor)
            opened.Add(descriptor);
        opened.ForEach(d => _ = LibC.close(d));
        return opened.Count == DescriptorsTried;
    }
}
