using System.Diagnostics;
using System.Reflection;
using System.Text;

namespace TcpTracer.Tests.Harness;

/// <summary>The results of a run of the program.</summary>
internal sealed record RunResult(int ExitCode, byte[] OutputBytes, string Errors)
{
    public string Output => Encoding.UTF8.GetString(OutputBytes);

    public string[] ErrorLines => Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>Runs the real executable: the one that ./test has built, or else the one beside the tests.</summary>
internal sealed class TcptracerProgram : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    /// <summary>A close() returns before the last FIN has arrived; on a busy machine the FIN waits for a softirq.</summary>
    private static readonly TimeSpan s_lastFin = TimeSpan.FromMilliseconds(300);
    private readonly Process _process;
    private readonly Task<byte[]> _output;
    private readonly MemoryStream _printed = new();
    private readonly StringBuilder _errors = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _errorsRead;

    private TcptracerProgram(string program, IEnumerable<string> arguments, Stream? input, (string, string)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = input is not null
        };
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        _process = Process.Start(start)!;
        _output = ReadAll(_process.StandardOutput.BaseStream);
        _errorsRead = Task.Run(ReadErrors);
        if (input is not null)
        {
            using Stream to = _process.StandardInput.BaseStream;
            try
            {
                input.CopyTo(to);
            }
            catch (IOException)
            {
                // the program has ended without reading everything
            }
        }
    }

    /// <summary>
    /// The root of the repository. Lines of bash in tests name it and the program without quotes, so a path with blanks has a link.
    /// </summary>
    public static string Repository { get; } = WithoutBlanks(FindRepository());

    public static string Path { get; } = Environment.GetEnvironmentVariable("TCPTRACER_EXECUTABLE") is { Length: > 0 } published
        ? published.Replace(FindRepository(), Repository, StringComparison.Ordinal)
        : System.IO.Path.Combine(Repository, "artifacts/bin/TcpTracer.Cli/debug/tcptracer");

    public int Pid => _process.Id;

    private static string FindRepository()
    {
        string? directory = System.IO.Path.GetDirectoryName(Assembly.GetExecutingAssembly().Location);
        while (directory is not null && !File.Exists(System.IO.Path.Combine(directory, "TcpTracer.sln")))
            directory = System.IO.Path.GetDirectoryName(directory);
        return directory ?? throw new InvalidOperationException("the tests do not lie below the repository");
    }

    private static string WithoutBlanks(string path)
    {
        if (!path.Any(char.IsWhiteSpace))
            return path;
        string link = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"tcptracer-clone-{Environment.ProcessId}");
        Directory.CreateSymbolicLink(link, path);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(link);
        return link;
    }

    /// <summary>Runs the program until it ends.</summary>
    public static RunResult Run(params string[] arguments) => RunWith(null, [], arguments);

    public static RunResult RunWith(Stream? input, (string, string)[] environment, params string[] arguments)
    {
        using var program = new TcptracerProgram(Path, arguments, input, environment);
        return program.Wait();
    }

    /// <summary>Starts the program, and returns at once.</summary>
    public static TcptracerProgram Start(params string[] arguments) => new(Path, arguments, null, []);

    /// <summary>Starts the program with its standard output in a file, and returns at once.</summary>
    public static TcptracerProgram StartFollowing(IEnumerable<string> arguments, string outputFile) =>
        new("bash", ["-c", "exec \"$0\" \"$@\" >\"$OUTPUT\"", Path, .. arguments], null, [("OUTPUT", outputFile)]);

    /// <summary>Starts the program, and returns when it watches.</summary>
    public static TcptracerProgram StartWatching(params string[] arguments) => Await(new TcptracerProgram(Path, arguments, null, []));

    /// <summary>The same through another program, such as <c>unshare -m</c>, which then becomes tcptracer.</summary>
    public static TcptracerProgram StartWatchingUnder(string[] wrapper, params string[] arguments) =>
        Await(new TcptracerProgram(wrapper[0], [.. wrapper[1..], Path, .. arguments], null, []));

    private static TcptracerProgram Await(TcptracerProgram program)
    {
        if (!program._ready.Task.Wait(s_patience))
            throw new TimeoutException($"tcptracer did not begin to watch: {program._errors}");
        return program;
    }

    /// <summary>Sends a signal by its number.</summary>
    public void Signal(int number) => _ = Native.kill(_process.Id, number);

    /// <summary>Ends the program as Ctrl-C does, and waits.</summary>
    public RunResult Stop()
    {
        Thread.Sleep(s_lastFin);
        Signal(2);
        return Wait();
    }

    public RunResult Wait()
    {
        if (!_process.WaitForExit(s_patience))
        {
            _process.Kill();
            throw new TimeoutException($"tcptracer did not end: {_errors}");
        }
        _errorsRead.Wait();
        lock (_errors)
            return new RunResult(_process.ExitCode, _output.Result, _errors.ToString());
    }

    /// <summary>What it has printed on standard error so far.</summary>
    public string ErrorsSoFar
    {
        get
        {
            lock (_errors)
                return _errors.ToString();
        }
    }

    /// <summary>What it has printed so far.</summary>
    public string OutputSoFar
    {
        get
        {
            lock (_printed)
                return Encoding.UTF8.GetString(_printed.GetBuffer(), 0, (int)_printed.Length);
        }
    }

    /// <summary>Waits until standard error has a text.</summary>
    public void AwaitError(string text) => Await(() => ErrorsSoFar.Contains(text, StringComparison.Ordinal), $"to say '{text}'");

    /// <summary>Waits until it has printed a text.</summary>
    public void AwaitOutput(string text) => Await(() => OutputSoFar.Contains(text, StringComparison.Ordinal), $"to print '{text}'");

    /// <summary>Waits until something is true, as long as the program runs.</summary>
    public void Await(Func<bool> isTrue, string what)
    {
        for (long end = Environment.TickCount64 + (long)s_patience.TotalMilliseconds; Environment.TickCount64 < end; Thread.Sleep(5))
        {
            bool hasExited = _process.HasExited;
            if (isTrue())
                return;
            if (hasExited && _errorsRead.Wait(s_patience) && _output.Wait(s_patience) && !isTrue())
                throw new InvalidOperationException($"tcptracer ended, and was {what}: {OutputSoFar}{ErrorsSoFar}");
        }
        throw new TimeoutException($"tcptracer was {what}: {OutputSoFar}{ErrorsSoFar}");
    }

    private async Task<byte[]> ReadAll(Stream stream)
    {
        byte[] buffer = new byte[64 * 1024];
        while (await stream.ReadAsync(buffer) is > 0 and var count)
        {
            lock (_printed)
                _printed.Write(buffer, 0, count);
        }
        return _printed.ToArray();
    }

    private async Task ReadErrors()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            lock (_errors)
                _errors.AppendLine(line);
            if (line.Contains("watching TCP", StringComparison.Ordinal) || line.Contains("recording to", StringComparison.Ordinal))
                _ready.TrySetResult();
        }
        _ready.TrySetResult();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }
}
