using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace TcpTracer.Tests.Replay;

/// <summary>
/// The golden traces of format versions that are final. They stay for ever, and never change: tests/golden/SHA256SUMS lists them, as sha256sum
/// writes it.
/// </summary>
internal static class FinalTraces
{
    /// <summary>The folder of the golden traces.</summary>
    public static string Root { get; } = FindRoot();

    private static string List { get; } = Path.Combine(Root, "SHA256SUMS");

    /// <summary>The lines of the list.</summary>
    public static string[] Listed => File.ReadAllLines(List);

    /// <summary>The lines that the traces in the folder have.</summary>
    public static string[] Found => [.. Directory.GetFiles(Root, "*.tct", SearchOption.AllDirectories).Select(LineOf).Order(ByName)];

    /// <summary>Order of the list.</summary>
    public static Comparer<string> ByName { get; } = Comparer<string>.Create((a, b) => string.CompareOrdinal(NameOf(a), NameOf(b)));

    private static string LineOf(string file) =>
        $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}  {Path.GetRelativePath(Root, file)}";

    private static string NameOf(string line) => line[(line.IndexOf("  ", StringComparison.Ordinal) + 2)..];

    /// <summary>Writes a trace that is new, and lists it. One that is there stays as it is.</summary>
    public static void Add(string file, byte[] trace)
    {
        if (File.Exists(file))
            return;
        File.WriteAllBytes(file, trace);
        File.WriteAllLines(List, [.. Listed.Append(LineOf(file)).Order(ByName)]);
    }

    private static string FindRoot([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../golden"));
}
