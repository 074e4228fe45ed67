using System.Diagnostics;
using System.Globalization;

namespace TcpTracer.Tests.Harness;

/// <summary>A run of the program whose output nobody wants, and what it cost.</summary>
internal sealed record MeasuredRun(int ExitCode, int PeakKb, double Seconds, string Errors)
{
    // A child's memory is known to its parent alone, and .NET does not tell
    private const string Measure = "import resource,subprocess,sys; c=subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL,stderr=subprocess.PIPE); print(c.returncode,resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss,c.stderr.decode())";

    public static MeasuredRun Of(params string[] arguments)
    {
        long started = Stopwatch.GetTimestamp();
        using Process process = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-c", Measure, TcptracerProgram.Path, .. arguments]) { RedirectStandardOutput = true })!;
        string[] words = process.StandardOutput.ReadToEnd().Split(' ', 3);
        return new MeasuredRun(int.Parse(words[0], CultureInfo.InvariantCulture), int.Parse(words[1], CultureInfo.InvariantCulture), Stopwatch.GetElapsedTime(started).TotalSeconds, words[2]);
    }
}
