using TcpTracer.Bpf;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Live;

/// <summary>
/// Runs first. If no known fact about this machine prevents it, this machine records, and no test of the kernel may be skipped.
/// </summary>
public sealed class ProbesLoadTests
{
    [RecordingFact]
    public void ProbesLoadAndAttachOnThisMachine()
    {
        try
        {
            using TcpProbe probe = TcpProbe.Start(new ProbeOptions());
            Assert.NotEmpty(probe.Hooks);
            // A machine may refuse what is not necessary. But if its verifier rejects a program, that is our fault.
            Assert.Empty(probe.Rejected);
        }
        catch (ProbeException e)
        {
            Assert.Fail($"the probes do not load on this machine, so that no test of the kernel can pass: {e.Message}\n{e.Data["log"]}");
        }
        RunResult doctor = TcptracerProgram.Run("doctor", "--no-kubernetes");
        Assert.True(doctor.ExitCode == 0, $"the probes load in the tests, but not in {TcptracerProgram.Path}: {doctor.Output}");
    }

    /// <summary>
    /// If a finding gets another name, a reason to skip must not become a failure, and a failure must not become a reason to skip.
    /// </summary>
    [Fact]
    public void EveryRequiredFindingIsAKnownReasonToSkip()
    {
        const string fault = "open files";
        Assert.Equal(KnownFact.OfSubject.Keys.Append(fault).Order(),
            KernelSupport.Examine().Where(f => f.Required).Select(f => f.Subject).Order());
    }
}
