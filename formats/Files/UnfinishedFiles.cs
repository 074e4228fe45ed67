using Microsoft.Win32.SafeHandles;

namespace TcpTracer.Formats.Files;

/// <summary>
/// The temporary files of this process: they do not have their final names yet. A process that is about to end removes them.
/// Several threads may use it.
/// </summary>
public static class UnfinishedFiles
{
    private static readonly Lock s_lock = new();
    private static readonly HashSet<string> s_names = [];

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

    /// <summary>Removes all temporary files. It keeps the lock for good, so that a process that is ending creates no new ones.</summary>
    public static void RemoveForGood()
    {
        s_lock.Enter();
        foreach (string name in s_names)
            OutputPlace.Remove(name);
    }
}
