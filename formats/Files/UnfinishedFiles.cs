using Microsoft.Win32.SafeHandles;

namespace TcpTracer.Formats.Files;

/// <summary>
/// The temporary files of this process: they do not have their final names yet. A process that is about to end removes them, and the
/// folders that it made for them, where nothing is in these. Several threads may use it.
/// </summary>
public static class UnfinishedFiles
{
    private static readonly Lock s_lock = new();
    private static readonly HashSet<string> s_names = [];
    private static readonly Stack<string> s_folders = [];

    /// <summary>Creates a temporary file; see <see cref="OpenFile.New"/>.</summary>
    internal static SafeFileHandle New(string name)
    {
        lock (s_lock)
        {
            SafeFileHandle file = OpenFile.New(name);
            if (!file.IsInvalid)
                s_names.Add(name);
            return file;
        }
    }

    /// <summary>Renames a temporary file to its final name. If that fails, it stays a temporary file.</summary>
    internal static T Finish<T>(string name, Func<T> rename)
    {
        lock (s_lock)
        {
            T result = rename();
            s_names.Remove(name);
            return result;
        }
    }

    /// <summary>Forgets a temporary file: it was removed, or stays as it is.</summary>
    internal static void Forget(string name)
    {
        lock (s_lock)
            s_names.Remove(name);
    }

    /// <summary>Creates a folder and those above it, and remembers which of them were not there.</summary>
    /// <exception cref="IOException">It cannot be created.</exception>
    public static void CreateFolder(string name)
    {
        lock (s_lock)
        {
            var missing = new Stack<string>();
            string? above = Path.GetFullPath(name);
            while (above is not null && !Path.Exists(above))
            {
                missing.Push(above);
                above = Path.GetDirectoryName(above);
            }
            foreach (string folder in missing)
            {
                Directory.CreateDirectory(folder);
                s_folders.Push(folder);
            }
        }
    }

    /// <summary>Removes those of the created folders that are empty, and forgets all of them.</summary>
    public static void RemoveEmptyFolders()
    {
        lock (s_lock)
        {
            while (s_folders.TryPop(out string? folder)) // what is inside a folder was made after it, and goes before it
                RemoveIfEmpty(folder);
        }
    }

    private static void RemoveIfEmpty(string folder)
    {
        try
        {
            Directory.Delete(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // there is something in it, or it is not ours any more
        }
    }

    /// <summary>
    /// Removes all temporary files and empty folders. It keeps the lock for good, so that a process that is ending creates no new ones.
    /// </summary>
    public static void RemoveForGood()
    {
        s_lock.Enter();
        foreach (string name in s_names)
            OutputPlace.Remove(name);
        RemoveEmptyFolders();
    }
}
