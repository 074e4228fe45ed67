using TcpTracer.Tests.Harness;

namespace TcpTracer.Tests.House;

/// <summary>The source files of a room, without files that the build makes.</summary>
internal static class SourceFiles
{
    public static IEnumerable<string> Of(string room, params string[] endings) =>
        Directory.EnumerateFiles(Path.Combine(TcptracerProgram.Repository, room), "*", SearchOption.AllDirectories)
            .Where(f => endings.Contains(Path.GetExtension(f)) && !f.Contains("/obj/") && !f.Contains("/bin/")
                && !f.Contains("/artifacts/"));

    /// <summary>The name of a file in the repository.</summary>
    public static string NameOf(string file) => Path.GetRelativePath(TcptracerProgram.Repository, file);
}
