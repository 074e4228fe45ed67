using Microsoft.Win32.SafeHandles;

namespace TcpTracer.Formats.Files;

/// <summary>The files of this process that have no name of their own yet. A process that is about to end takes them away.</summary>
public static class UnfinishedFiles
{
    private static readonly Lock s_lock = new();
    private static readonly HashSet<string> s_names = [];

    /// <summary>Makes a new file; see <see cref="OpenFile.New"/>.</summary>
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

    /// <summary>Gives it the name that it keeps. If that fails, it stays unfinished.</summary>
    internal static T Finish<T>(string name, Func<T> rename)
    {
        lock (s_lock)
        {
            T result = rename();
            s_names.Remove(name);
            return result;
        }
    }

    /// <summary>It is left where it is, or was taken away.</summary>
    internal static void Forget(string name)
    {
        lock (s_lock)
            s_names.Remove(name);
    }

    /// <summary>Takes all of them away. The lock is kept: what a process does while it ends makes no new one.</summary>
    public static void RemoveForGood()
    {
        s_lock.Enter();
        foreach (string name in s_names)
            OutputPlace.Remove(name);
    }
}
