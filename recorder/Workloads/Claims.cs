using System.Collections.Immutable;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Recorder.Workloads;

/// <summary>When an address belonged to something: sources say what is so now, and events are named by what was so then.</summary>
internal static class Claims
{
    /// <summary>An address that changes all the time keeps so many times.</summary>
    public const int Kept = 256;

    private const long EndedKeptNs = 60_000_000_000; // for events still on their way

    /// <summary>An address that is still there keeps its time; one that is not ends now.</summary>
    /// <param name="before">What was known.</param>
    /// <param name="now">The addresses that it has now.</param>
    /// <param name="sinceWallNs">Since when it can have had its first one, in wall time; null: since now.</param>
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
            long since = isFirst && sinceWallNs is { } wall ? Math.Min(clock.BootNs, clock.BootNs - (clock.WallNs - wall)) : clock.BootNs;
            claims.Add(new AddressClaim(address, since));
        }
        while (claims.Count > Kept && claims.FirstOrDefault(c => c.UntilNs is not null) is { UntilNs: not null } oldest)
            claims.Remove(oldest);
        return claims.ToImmutable();
    }
}
