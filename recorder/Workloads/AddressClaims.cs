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

    private const long EndedKeptNs = 60_000_000_000; // for events that come late

    /// <summary>
    /// The claims of a thing whose addresses may have changed. A claim to an address that it still has goes on; other claims end
    /// now.
    /// </summary>
    /// <param name="before">Its claims so far.</param>
    /// <param name="now">The addresses that it has now.</param>
    /// <param name="sinceWallNs">When its first claim begins, in wall time (ns); null: now.</param>
    public static ImmutableArray<AddressClaim> Update(ImmutableArray<AddressClaim> before, ImmutableArray<Address> now, long? sinceWallNs)
    {
        ClockSample clock = BootClock.Sample(ClockCause.Periodic);
        var claims = ImmutableArray.CreateBuilder<AddressClaim>();
        foreach (AddressClaim claim in before)
        {
            if (claim.UntilNs is null)
                claims.Add(now.Contains(claim.Address) ? claim : claim with { UntilNs = clock.BootNs });
            else if (claim.UntilNs > clock.BootNs - EndedKeptNs)
                claims.Add(claim);
        }
        foreach (Address address in now)
        {
            bool isOpen = before.Any(c => c.UntilNs is null && c.Address.Equals(address));
            if (isOpen)
                continue;
            bool isFirst = before.IsEmpty;
            long since = isFirst && sinceWallNs is { } wall
                ? Math.Min(clock.BootNs, clock.BootNs - (clock.WallNs - wall))
                : clock.BootNs;
            claims.Add(new AddressClaim(address, since));
        }
        while (claims.Count > Kept && claims.FirstOrDefault(c => c.UntilNs is not null) is { UntilNs: not null } oldest)
            claims.Remove(oldest);
        return claims.ToImmutable();
    }
}
