using System.Diagnostics;

namespace TcpTracer.Tests.Harness;

/// <summary>The readers of traces in tests/readers, run from their sources.</summary>
internal static class ForeignReader
{
    /// <summary>The folder of the reader in a language: python or javascript.</summary>
    public static string FolderOf(string language) => Path.Combine(TcptracerProgram.Repository, "tests/readers", language);

    /// <summary>How a reader is started. It prints one JSON object an event.</summary>
    public static ProcessStartInfo Of(string language, params string[] arguments)
    {
        ProcessStartInfo start = language == "python"
            ? new ProcessStartInfo("/usr/bin/python3", ["-m", "tcptracer_trace", .. arguments])
            : new ProcessStartInfo("node", [Path.Combine(FolderOf(language), "bin/tcptracer-trace.js"), .. arguments]);
        start.Environment["PYTHONPATH"] = FolderOf("python");
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        start.RedirectStandardOutput = true;
        return start;
    }
}
