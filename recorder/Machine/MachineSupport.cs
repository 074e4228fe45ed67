using TcpTracer.Bpf;

namespace TcpTracer.Recorder.Machine;

/// <summary>One thing that recording needs or can use, and whether this machine has it.</summary>
/// <param name="Subject">What it is, in a word or two.</param>
/// <param name="Works">Whether it is there.</param>
/// <param name="Required">Whether recording is impossible without it.</param>
/// <param name="Detail">What was found, or what to do.</param>
public sealed record Finding(string Subject, bool Works, bool Required, string Detail)
{
    /// <summary>Whether it is about what the user may do, and not about the machine.</summary>
    public bool IsPrivilege => Subject == KernelSupport.Privileges;

    internal static Finding Of(Limitation limitation) =>
        new(limitation.Facility.Name, false, false, $"{limitation.Reason}: {limitation.Cost}");
}

/// <summary>What this machine can record.</summary>
public static class MachineSupport
{
    /// <summary>The names in $TCPTRACER_REFUSE that nothing has.</summary>
    public static IEnumerable<string> UnknownRefused => new ProbeOptions().UnknownRefused;

    /// <summary>The names that $TCPTRACER_REFUSE may hold.</summary>
    public static IReadOnlyList<string> RefusableNames => ProbeOptions.RefusableNames;

    /// <summary>Whether the program is built to run everywhere, and so cannot record.</summary>
    public static bool OnlyReplays => BpfLibrary.IsLeftOut;

    /// <summary>The version of libbpf, such as 1.1; null: there is none.</summary>
    public static string? BpfLibraryVersion => BpfLibrary.Version;

    /// <summary>Examines this machine, and at the end loads and attaches the probes for a moment.</summary>
    /// <param name="loadProbes">Whether to load them. Not if a recorder of this process has loaded them already.</param>
    public static IReadOnlyList<Finding> Examine(bool loadProbes = true)
    {
        List<Finding> findings = [.. KernelSupport.Examine().Select(Of)];
        if (loadProbes && findings.All(f => f.Works || !f.Required))
            TryProbes(findings);
        return findings;
    }

    private static Finding Of(SupportFinding found) => new(found.Subject, found.Works, found.Required, found.Detail);

    /// <summary>
    /// Loads the probes with maps as large as in a recording, which the kernel may refuse, and with the programs for `--
    /// COMMAND`.
    /// </summary>
    private static void TryProbes(List<Finding> findings)
    {
        const string subject = "probes";
        try
        {
            using TcpProbe probe = TcpProbe.Start(new ProbeOptions { OnlyChildren = KernelSupport.HasMachinesPids() });
            string rejected = probe.Rejected.Count == 0 ? "" : $"; the kernel's verifier rejects {string.Join(", ", probe.Rejected)}";
            findings.Add(new Finding(subject, true, true, $"loaded and attached: {string.Join(", ", probe.Hooks)}{rejected}"));
            foreach (Finding limitation in probe.Limitations.Select(Finding.Of))
            {
                // This replaces what was found without loading anything
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

    /// <summary>Whether only the user lacks the privilege.</summary>
    public bool LacksPrivilege { get; }

    /// <summary>What libbpf and the kernel's verifier printed; null: nothing.</summary>
    public string? Log { get; }
}
