using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Workloads;

/// <summary>
/// Says that an address belonged to a pod, a service or a node for some time. The time matters, because Kubernetes gives a free address to
/// another pod at once.
/// </summary>
/// <param name="Address">The address.</param>
/// <param name="SinceNs">Since when, in nanoseconds of boot time.</param>
/// <param name="UntilNs">Until when, in nanoseconds of boot time; that moment does not belong to it. null: it still holds.</param>
public readonly record struct AddressClaim(Address Address, long SinceNs, long? UntilNs = null);
