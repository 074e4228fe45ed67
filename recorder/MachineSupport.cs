using TcpTracer.Bpf;

namespace TcpTracer.Recorder;

/// <summary>One thing that recording needs or can use, and whether this machine has it.</summary>
/// <param name="Subject">What it is.</param>
/// <param name="Works">Whether it is there.</param>
/// <param name="Required">Whether recording is impossible without it.</param>
/// <param name="Detail">What was found, or what to do.</param>
public sealed record Finding(string Subject, bool Works, bool Required, string Detail)
{
    /// <summary>Whether it is the user that lacks it, and not the machine.</summary>
    public bool IsPrivilege => Subject == KernelSupport.Privileges;

    internal static Finding Of(Limitation limitation) => new(limitation.Facility.Name, false, false, $"{limitation.Reason}: {limitation.Cost}");
}

/// <summary>What this machine can record.</summary>
public static class MachineSupport
{
    /// <summary>What $TCPTRACER_REFUSE names that nothing is called.</summary>
    public static IEnumerable<string> UnknownRefused => new ProbeOptions().UnknownRefused;

    /// <summary>What it may name.</summary>
    public static IReadOnlyList<string> RefusableNames => ProbeOptions.RefusableNames;

    /// <summary>Looks, and at the end really loads and attaches the probes for a moment.</summary>
    /// <param name="loadProbes">Whether to do that: not where a recorder has them loaded.</param>
    public static IReadOnlyList<Finding> Examine(bool loadProbes = true)
    {
        List<Finding> findings = [.. KernelSupport.Examine().Select(Of)];
        if (loadProbes && findings.All(f => f.Works || !f.Required))
            TryProbes(findings);
        return findings;
    }

    private static Finding Of(SupportFinding found) => new(found.Subject, found.Works, found.Required, found.Detail);

    /// <summary>With maps as large as a recording's: they may be what is refused. And with what `-- COMMAND` needs.</summary>
    private static void TryProbes(List<Finding> findings)
    {
        const string subject = "probes";
        try
        {
            using TcpProbe probe = TcpProbe.Start(new ProbeOptions { OnlyChildren = KernelSupport.HasMachinesPids() });
            findings.Add(new Finding(subject, true, true, $"loaded and attached: {string.Join(", ", probe.Hooks)}"));
            foreach (Finding limitation in probe.Limitations.Select(Finding.Of))
            {
                // What was found without loading anything is known better now
                if (findings.FindIndex(f => f.Subject == limitation.Subject) is >= 0 and var known)
                    findings[known] = limitation;
                else
                    findings.Add(limitation);
            }
        }
        catch (ProbeException e)
        {
            findings.Add(new Finding(subject, false, true, e.Message));
        }
    }
}

/// <summary>This machine cannot record; the message says why and what to do.</summary>
public sealed class CannotRecordException : Exception
{
    internal CannotRecordException(ProbeException cause) : base(cause.Message, cause)
    {
        Log = cause.Data["log"] as string;
        LacksPrivilege = cause.Failure == ProbeFailure.NoPrivilege;
    }

    /// <summary>Whether the machine could, but not its user.</summary>
    public bool LacksPrivilege { get; }

    /// <summary>What libbpf and the kernel's verifier said, if they did.</summary>
    public string? Log { get; }
}
