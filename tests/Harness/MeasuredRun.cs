using System.Diagnostics;
using System.Globalization;

namespace TcpTracer.Tests.Harness;

/// <summary>The costs of a run of the program; its output is thrown away.</summary>
internal sealed record MeasuredRun(int ExitCode, int PeakKb, double Seconds, string Errors)
{
    // Only the parent of a process can ask for its memory, and .NET does not
    private const string Measure = "import resource,subprocess,sys; c=subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL,"
        + "stderr=subprocess.PIPE); print(c.returncode,resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss,"
        + "c.stderr.decode())";

    public static MeasuredRun Of(params string[] arguments)
    {
        long started = Stopwatch.GetTimestamp();
        string[] measured = ["-c", Measure, TcptracerProgram.Path, .. arguments];
        using Process process = Process.Start(new ProcessStartInfo("/usr/bin/python3", measured) { RedirectStandardOutput = true })!;
        string[] words = process.StandardOutput.ReadToEnd().Split(' ', 3);
        return new MeasuredRun(int.Parse(words[0], CultureInfo.InvariantCulture), int.Parse(words[1], CultureInfo.InvariantCulture),
            Stopwatch.GetElapsedTime(started).TotalSeconds, words[2]);
    }
}
