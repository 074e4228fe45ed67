using System.ComponentModel;
using System.Diagnostics;
using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Text;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>
/// One run of a program that prints an answer. The program does not get our terminal. It is killed if it takes too long or prints
/// too much. If a child of it keeps its output open, nobody waits for that child.
/// </summary>
internal sealed class PluginRun : IDisposable
{
    /// <summary>The most bytes that it may print. A token has some kB.</summary>
    public const int LongestAnswer = 1 << 20;

    private const int LongestComplaint = 4096, Slice = 100;
    private readonly Process _process;
    private readonly PipeStream _output, _errors;
    private readonly MemoryStream _answer = new(), _complaint = new();

    private PluginRun(Process process)
    {
        _process = process;
        process.StandardInput.Close(); // it can ask nobody
        (_output, _errors) = ((PipeStream)process.StandardOutput.BaseStream, (PipeStream)process.StandardError.BaseStream);
    }

    /// <summary>Runs the program.</summary>
    /// <returns>What it printed.</returns>
    /// <exception cref="PluginException">It cannot be started, does not end with status 0, takes too long, or prints too much.</exception>
    public static async Task<byte[]> AnswerAsync(ProcessStartInfo start, TimeSpan longest, CancellationToken cancellation)
    {
        Task<byte[]> run = Task.Factory.StartNew( // on a thread of its own, because it can take long
            () => Answer(start, longest, cancellation), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        return await run.ConfigureAwait(false);
    }

    private static byte[] Answer(ProcessStartInfo start, TimeSpan longest, CancellationToken cancellation)
    {
        start.UseShellExecute = false;
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        try
        {
            using var run = new PluginRun(Process.Start(start)!);
            using (cancellation.Register(run.Kill))
                run.Read(Environment.TickCount64 + (long)longest.TotalMilliseconds, longest);
            cancellation.ThrowIfCancellationRequested();
            return run.Result();
        }
        catch (Win32Exception e)
        {
            throw new PluginException($"cannot be started: {Marshal.GetPInvokeErrorMessage(e.NativeErrorCode)}");
        }
    }

    private void Read(long end, TimeSpan longest)
    {
        bool isOutputOpen = true, areErrorsOpen = true;
        while (isOutputOpen || areErrorsOpen || !_process.HasExited)
        {
            bool hadExited = _process.HasExited;
            bool[] ready = Await(isOutputOpen ? _output : null, areErrorsOpen ? _errors : null);
            if (ready[0])
                isOutputOpen = Take(_output, _answer, LongestAnswer);
            if (ready[1])
                areErrorsOpen = Take(_errors, _complaint, LongestComplaint);
            if (_answer.Length > LongestAnswer)
                throw Killed($"prints more than {LongestAnswer >> 20} MiB");
            if (hadExited && !ready[0])
                return; // a child of it keeps the outputs open
            if (Environment.TickCount64 > end)
                throw Killed($"has not ended after {longest.TotalSeconds:0.#} s");
        }
    }

    private PluginException Killed(string why)
    {
        Kill();
        return new PluginException($"{why} and was killed; run it in a shell to see what it does");
    }

    /// <summary>Reads what is there.</summary>
    /// <returns>Whether more may come.</returns>
    private static bool Take(PipeStream from, MemoryStream to, int most)
    {
        Span<byte> room = stackalloc byte[LongestComplaint];
        int count = from.Read(room);
        if (to.Length <= most)
            to.Write(room[..count]);
        return count > 0;
    }

    private byte[] Result()
    {
        _process.WaitForExit();
        if (_process.ExitCode == 0)
            return _answer.ToArray();
        string complaint = Encoding.UTF8.GetString(_complaint.GetBuffer(), 0, (int)_complaint.Length).Trim();
        throw new PluginException($"ends with exit status {_process.ExitCode}{(complaint.Length > 0 ? ": " : "")}{complaint}");
    }

    private void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException)
        {
            // it has already ended
        }
    }

    /// <summary>Waits a short time until one of the two can be read.</summary>
    private static bool[] Await(PipeStream? first, PipeStream? second)
    {
        Span<PollEntry> entries = [new(first), new(second)];
        return poll(ref MemoryMarshal.GetReference(entries), 2, Slice) > 0
            ? [entries[0].IsReady, entries[1].IsReady]
            : [false, false];
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry(PipeStream? pipe)
    {
        private const short Readable = 1;
        private readonly int _descriptor = pipe is null ? -1 : (int)pipe.SafePipeHandle.DangerousGetHandle();
        private readonly short _wanted = Readable;
        private readonly short _found = 0;

        public readonly bool IsReady => _found != 0 && _wanted != 0 && _descriptor >= 0;
    }

    [DllImport("libc")]
    private static extern int poll(ref PollEntry entries, nint count, int milliseconds);

    /// <inheritdoc/>
    public void Dispose() => _process.Dispose();
}

/// <summary>A credential plug-in has returned no credentials.</summary>
/// <param name="why">What it did, as the end of a sentence that begins with its name.</param>
internal sealed class PluginException(string why) : Exception(why);
