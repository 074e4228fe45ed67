namespace TcpTracer.Replay.Calls;

/// <summary>What a <see cref="Party"/> is.</summary>
public enum PartyKind : byte
{
    /// <summary>What a pod belongs to, such as a Deployment: all of its pods are one party.</summary>
    Owner,

    /// <summary>A pod that belongs to nothing, or to something that is not known.</summary>
    Pod,

    /// <summary>A service, whichever pod is behind it.</summary>
    Service,

    /// <summary>A node: everything in the network of that host which no process was seen of.</summary>
    Node,

    /// <summary>A container that is in no pod.</summary>
    Container,

    /// <summary>A command outside of all containers, on whichever node.</summary>
    Command,

    /// <summary>An address of which nothing else is known.</summary>
    Address,

    /// <summary>All addresses of a block, such as 203.0.113.0/24.</summary>
    Block,

    /// <summary>All that came after there were too many parties to tell apart.</summary>
    Others,
}
