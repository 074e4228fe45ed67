using System.Globalization;
using TcpTracer.Formats.Pipeline;

namespace TcpTracer.Cli;

/// <summary>Turns names and paths of network namespaces into inode numbers.</summary>
internal static class NetworkNamespace
{
    /// <summary>A list as --netns takes it, with numbers only.</summary>
    public static string? Resolve(string? list) => list is null ? null : string.Join(',', list.Split(',').Select(ResolveOne));

    private static string ResolveOne(string item)
    {
        string not = item.StartsWith('!') ? "!" : "";
        string name = item[not.Length..];
        if (name.Length > 0 && name.All(char.IsAsciiDigit))
            return item;
        string path = name.Contains('/') ? name : $"/run/netns/{name}";
        // The link of /proc/PID/ns/net reads net:[4026531833]; a name made by `ip netns` is a mount, whose inode is asked for through a descriptor
        try
        {
            using FileStream file = File.OpenRead(path);
            string target = File.ResolveLinkTarget($"/proc/self/fd/{file.SafeFileHandle.DangerousGetHandle()}", false)?.Name ?? "";
            int open = target.IndexOf('[');
            if (target.StartsWith("net:[", StringComparison.Ordinal))
                return not + uint.Parse(target.AsSpan(open + 1, target.Length - open - 2), CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // the sentence below serves
        }
        throw new SelectionException($"--netns '{name}': neither a number nor a network namespace at {path}");
    }
}
