using System.Text;

namespace TcpTracer.Cli.Linux;

/// <summary>
/// The name by which we were called. kubectl runs an executable kubectl-NAME for <c>kubectl NAME</c>: a link of that name makes this
/// program the plug-in.
/// </summary>
internal static class InvokedName
{
    private const string Plugin = "kubectl-tcptracer";

    /// <summary>Whether kubectl has called us, or somebody by the name that kubectl looks for.</summary>
    public static bool IsKubectlPlugin { get; } = Read() == Plugin;

    private static string Read()
    {
        try
        {
            byte[] line = File.ReadAllBytes("/proc/self/cmdline");
            int end = Array.IndexOf(line, (byte)0);
            return Path.GetFileName(Encoding.UTF8.GetString(line, 0, Math.Max(end, 0)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Path.GetFileName(Environment.GetCommandLineArgs().FirstOrDefault() ?? "");
        }
    }
}
