using System.Collections.Immutable;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Recorder.Machine;

namespace TcpTracer.Recorder.Workloads;

/// <summary>
/// When an address belonged to a pod, service or node. Sources report what is so now; an event needs what was so at its time.
/// </summary>
internal static class AddressClaims
{
    /// <summary>So many claims are kept of a thing whose addresses change all the time.</summary>
    public const int Kept = 256;

    /// <summary>
    /// The claims of a thing whose addresses may have changed. A claim to an address that it still has goes on; other claims end
    /// now. Ended claims stay: a connection may close long after the pod that it led to, and its name is that of its beginning.
    /// </summary>
    /// <param name="before">Its claims so far.</param>
    /// <param name="now">The addresses that it has now.</param>
    /// <param name="sinceWallNs">When its first claim begins, in wall time (ns); null: now.</param>
    public static ImmutableArray<AddressClaim> Update(
        ImmutableArray<AddressClaim> before, ImmutableArray<Address> now, long? sinceWallNs)
    {
        ClockSample clock = BootClock.Sample(ClockCause.Periodic);
        long since = BeginOf(before, sinceWallNs, in clock);
        return Update(before, now, _ => since, clock.BootNs);
    }

    /// <summary>The same, where the moments are known.</summary>
    /// <param name="before">Its claims so far.</param>
    /// <param name="now">The addresses that it has now.</param>
    /// <param name="sinceNs">When a new claim begins, in boot time (ns).</param>
    /// <param name="untilNs">When the claims end that it no longer has.</param>
    public static ImmutableArray<AddressClaim> Update(
        ImmutableArray<AddressClaim> before, ImmutableArray<Address> now, Func<Address, long> sinceNs, long untilNs)
    {
        var claims = ImmutableArray.CreateBuilder<AddressClaim>();
        foreach (AddressClaim claim in before)
        {
            bool ends = claim.UntilNs is null && !now.Contains(claim.Address);
            claims.Add(ends ? claim with { UntilNs = Math.Max(claim.SinceNs, untilNs) } : claim);
        }
        foreach (Address address in now)
        {
            if (!IsOpen(before, address))
                claims.Add(new AddressClaim(address, sinceNs(address)));
        }
        while (claims.Count > Kept && claims.FirstOrDefault(c => c.UntilNs is not null) is { UntilNs: not null } oldest)
            claims.Remove(oldest);
        return claims.ToImmutable();
    }

    /// <summary>Whether an address still belongs to a thing.</summary>
    public static bool IsOpen(ImmutableArray<AddressClaim> claims, Address address) =>
        claims.Any(c => c.UntilNs is null && c.Address.Equals(address));

    /// <summary>When the next claim of a thing begins, in boot time (ns). Only its first one may begin in the past.</summary>
    public static long BeginOf(ImmutableArray<AddressClaim> before, long? sinceWallNs, in ClockSample clock) =>
        before.IsEmpty && sinceWallNs is { } wall ? Math.Min(clock.BootNs, ToBoot(wall, in clock)) : clock.BootNs;

    /// <summary>A wall time as a boot time, both in nanoseconds.</summary>
    public static long ToBoot(long wallNs, in ClockSample clock) => clock.BootNs - (clock.WallNs - wallNs);
}
