using TcpTracer.Bpf;

namespace TcpTracer.Recorder;

/// <summary>One thing that recording needs or can use, and whether this machine has it.</summary>
/// <param name="Subject">What it is.</param>
/// <param name="Works">Whether it is there.</param>
/// <param name="Required">Whether recording is impossible without it.</param>
/// <param name="Detail">What was found, or what to do.</param>
public sealed record Finding(string Subject, bool Works, bool Required, string Detail);

/// <summary>What this machine can record.</summary>
public static class MachineSupport
{
    /// <summary>Looks, and at the end really loads and attaches the probes for a moment.</summary>
    public static IReadOnlyList<Finding> Examine()
    {
        List<Finding> findings = [.. KernelSupport.Examine().Select(f => new Finding(f.Subject, f.Works, f.Required, f.Detail))];
        if (findings.All(f => f.Works || !f.Required))
            findings.Add(TryProbes());
        return findings;
    }

    private static Finding TryProbes()
    {
        const string subject = "probes";
        try
        {
            using TcpProbe probe = TcpProbe.Load(new ProbeOptions { RingBytes = 4096, MaxConnections = 16 });
            probe.Attach();
            return new Finding(subject, true, true, $"loaded and attached: {string.Join(", ", probe.Hooks)}");
        }
        catch (ProbeException e)
        {
            return new Finding(subject, false, true, e.Message);
        }
    }
}

/// <summary>This machine cannot record; the message says why and what to do.</summary>
public sealed class CannotRecordException : Exception
{
    internal CannotRecordException(ProbeException cause) : base(cause.Message, cause)
    {
        Log = cause.Data["log"] as string;
    }

    /// <summary>What libbpf and the kernel's verifier said, if they did.</summary>
    public string? Log { get; }
}
