using System.Globalization;
using Microsoft.Win32.SafeHandles;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Cli.Linux;

/// <summary>
/// Turns names and paths of network namespaces into inode numbers. Their files stay open until the recorder has found these namespaces: an
/// open file keeps its namespace, and the kernel gives the number of a vanished namespace to the next one.
/// </summary>
internal static class NetworkNamespace
{
    private static readonly List<SafeFileHandle> s_open = [];

    /// <summary>Closes the files: the recorder knows the namespaces now.</summary>
    public static void LetGo()
    {
        s_open.ForEach(f => f.Dispose());
        s_open.Clear();
    }

    /// <summary>The list of --netns, with numbers in place of names and paths.</summary>
    public static string? Resolve(string? list) => list is null ? null : string.Join(',', list.Split(',').Select(ResolveOne));

    private static string ResolveOne(string item)
    {
        string not = item.StartsWith('!') ? "!" : "";
        string name = item[not.Length..];
        if (name.Length > 0 && name.All(char.IsAsciiDigit))
            return item;
        string path = name.Contains('/') ? name : $"/run/netns/{name}";
        // A namespace's number is the inode of its file
        SafeFileHandle file = Open(name, path);
        return not + FileFacts.Of(file)!.Value.Identity.Inode.ToString(CultureInfo.InvariantCulture);
    }

    private static SafeFileHandle Open(string name, string path)
    {
        const int noSuchFile = 2, noDirectory = 20;
        try
        {
            SafeFileHandle file = GivenFile.Open(path);
            s_open.Add(file);
            return LibC.ioctl((int)file.DangerousGetHandle(), AskForType, 0) == NetworkType ? file
                : throw new SelectionException($"--netns '{name}': {path} is not a network namespace; {Remedy}");
        }
        catch (GivenFileException e) when (e.Error is noSuchFile or noDirectory)
        {
            throw new SelectionException($"--netns '{name}': neither a number nor a network namespace at {path}");
        }
        catch (GivenFileException e) when (e.Error != 0)
        {
            throw new SelectionException($"--netns '{name}': {path} cannot be opened: {e.Reason}");
        }
        catch (GivenFileException e)
        {
            throw new SelectionException($"--netns '{name}': {path} is not a network namespace ({e.Reason}); {Remedy}");
        }
    }

    private const string Remedy = "`ip netns` lists names, and /proc/PID/ns/net is that of a process";

    // NS_GET_NSTYPE (Linux 4.11) returns the CLONE_ flag of the namespace; for other files it fails
    private const nuint AskForType = 0xb703;
    private const int NetworkType = 0x40000000;
}
