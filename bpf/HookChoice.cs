namespace TcpTracer.Bpf;

/// <summary>The choice between variants of a program: by kernel age, by a tracepoint's arguments, by what this process may use, by what is asked for.</summary>
/// <param name="IoUringArity">How many arguments io_uring_complete hands over.</param>
/// <param name="HasCallTracepoints">Whether <see cref="SystemCallTracepoints"/> are used.</param>
/// <param name="CanWalkMaps">Whether the map of connections can be walked.</param>
/// <param name="CanCallPrograms">Whether user space can call a program, and that program can walk the map (5.14).</param>
/// <param name="FollowsChildren">Whether a command and what it starts is asked for.</param>
internal readonly record struct HookChoice(int IoUringArity, bool HasCallTracepoints, bool CanWalkMaps, bool CanCallPrograms, bool FollowsChildren)
{
    /// <summary>Whether it is one of two programs at the same hook, one of which is always free (probes/context.h).</summary>
    public static bool IsOneOfTwo(string program) => program is "state_change" or "socket_destroyed" or "process_forked" || program.EndsWith("_second", StringComparison.Ordinal);

    /// <summary>Whether to load it.</summary>
    /// <param name="program">Its name.</param>
    /// <param name="legacy">For a kernel before 5.12.</param>
    public bool Wants(string program, bool legacy)
    {
        const string ioUring = "io_uring_complete_";
        if (program.StartsWith(ioUring, StringComparison.Ordinal))
            return program == $"{ioUring}{IoUringArity}";
        string name = program.Replace("_legacy", "", StringComparison.Ordinal);
        return name switch
        {
            "walk" => CanCallPrograms,
            "walk_iterator" when CanCallPrograms || !CanWalkMaps => false,
            "process_forked" or "process_forked_second" or "process_freed" => FollowsChildren,
            _ when name == "call_exit" && HasCallTracepoints => false,
            _ when SystemCallTracepoints.Of(name) is not null && !HasCallTracepoints => false,
            _ => program.EndsWith("_legacy", StringComparison.Ordinal) == legacy,
        };
    }
}
