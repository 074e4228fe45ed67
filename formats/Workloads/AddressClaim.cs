using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Workloads;

/// <summary>That an address belonged to something for a time. Addresses are used again at once: without the time it says nothing.</summary>
/// <param name="Address">The address.</param>
/// <param name="SinceNs">From this moment, in boot time.</param>
/// <param name="UntilNs">Not at this moment or later; null: still.</param>
public readonly record struct AddressClaim(Address Address, long SinceNs, long? UntilNs = null)
{
    /// <summary>Whether it held at a moment.</summary>
    public bool Holds(long bootNs) => SinceNs <= bootNs && (UntilNs is not { } until || bootNs < until);
}
