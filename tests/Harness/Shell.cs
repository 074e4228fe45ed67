using System.Diagnostics;

namespace TcpTracer.Tests.Harness;

/// <summary>Runs lines of bash as a user types them; <c>tcptracer</c> is the executable under test.</summary>
internal static class Shell
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    /// <summary>Runs a script.</summary>
    /// <param name="script">The script, in which $1, $2... are <paramref name="arguments"/>.</param>
    /// <param name="arguments">The arguments, which need no quoting.</param>
    public static RunResult Run(string script, params string[] arguments)
    {
        string withProgram = $"export TCPTRACER='{TcptracerProgram.Path}'; tcptracer() {{ \"$TCPTRACER\" \"$@\"; }}; {script}";
        using Process process = Process.Start(new ProcessStartInfo("bash", ["-c", withProgram, "bash", .. arguments])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        process.StandardInput.Close();
        var output = new MemoryStream();
        Task reading = process.StandardOutput.BaseStream.CopyToAsync(output);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(s_patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"this did not end: {script}");
        }
        reading.Wait();
        return new RunResult(process.ExitCode, output.ToArray(), errors.Result);
    }
}
