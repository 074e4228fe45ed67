using TcpTracer.Formats.Events;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>A machine or a user that cannot record: 4 and one sentence with the remedy, and doctor says the same. Replay needs nothing.</summary>
public sealed class PrivilegeTests : IDisposable
{
    private const string Nobody = "setpriv --reuid 65534 --regid 65534 --clear-groups";
    private readonly TemporaryFolder _folder = new();

    private void CannotRecord(string before, string remedy)
    {
        // The executable where nobody may run it
        RunResult run = Shell.Run($"""
            chmod 755 $1; cp -r $(dirname $TCPTRACER) $1/bin; rm -f $1/bin/*.dbg; cd /
            {before} $1/bin/tcptracer; echo $?
            {before} $1/bin/tcptracer record -o $1/t.tct; echo $?
            {before} $1/bin/tcptracer doctor > $1/doctor; echo $?
            test -e $1/t.tct && echo there is a file
            """, _folder.Path);
        Assert.Equal(["4", "4", "4"], run.Lines);
        string sentence = $"tcptracer: this machine cannot record: {remedy} (`tcptracer doctor` tells more)";
        Assert.Equal([sentence, sentence], run.ErrorLines);
        string[] doctor = File.ReadAllLines(_folder.File("doctor"));
        Assert.Equal($"This machine cannot record: {remedy}.", doctor[^1]);
        Assert.Contains(doctor, l => l.StartsWith("missing  ", StringComparison.Ordinal) && l.EndsWith(remedy, StringComparison.Ordinal));
    }

    [KernelFact]
    public void WithoutPrivileges() => CannotRecord(Nobody, "run as root, or give the executable CAP_BPF and CAP_PERFMON");

    [KernelFact]
    public void WithoutBtf() => CannotRecord("""unshare -m sh -c 'mount -t tmpfs none /sys/kernel/btf && exec "$@"' sh""",
        "/sys/kernel/btf/vmlinux is missing: a kernel built with CONFIG_DEBUG_INFO_BTF=y is needed");

    [KernelFact]
    public void DoctorIsContentWhereRecordingWorks()
    {
        RunResult run = TcptracerProgram.Run("doctor");
        Assert.Equal((0, "This machine can record."), (run.ExitCode, run.Lines[^1]));
        Assert.DoesNotContain("missing", run.Output);
    }

    /// <summary>As in a container: no tracefs, and none may be mounted. Every call's return is watched then, and tells the same.</summary>
    [KernelFact]
    public void TwoCapabilitiesDo()
    {
        using var server = new Loopback();
        RunResult run = Shell.Run($$"""
            few() { unshare -m sh -c 'umount -q /sys/kernel/tracing /sys/kernel/debug; exec "$@"' sh setpriv --bounding-set=-all,+bpf,+perfmon --inh-caps=-all "$@"; }
            few $TCPTRACER doctor >$1/doctor || exit 1
            few $TCPTRACER record -o $1/t.tct --no-kubernetes --port {{server.Port}},1 -- bash -c '{{server.Connect}}; (exec 4<>/dev/tcp/127.0.0.1/1) 2>/dev/null; true' 2>/dev/null || exit 2
            tcptracer show $1/t.tct -o custom-columns=t,error,fd --no-headers | sort
            few $TCPTRACER record -o $1/a.tct --no-kubernetes --pid {{Environment.ProcessId}} --op accept --port {{server.Port}} --count 1 2>$1/errors & recorder=$!
            until grep -qs 'recording to' $1/errors; do sleep 0.1; done
            bash -c '{{server.Connect}}'
            wait $recorder
            tcptracer show $1/a.tct -o custom-columns=t,dport --no-headers | grep -c '^A'
            """, _folder.Path);
        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Equal(["C 3", "F ECONNREFUSED 3", "X 3", "1"], [.. run.Lines.Select(l => string.Join(' ', l.Split(' ', StringSplitOptions.RemoveEmptyEntries)))]);
        string[] doctor = File.ReadAllLines(_folder.File("doctor"));
        Assert.Contains(doctor, l => l.StartsWith("limited  system call tracepoints: ", StringComparison.Ordinal));
        Assert.Contains(doctor, l => l.StartsWith("ok       probes: ", StringComparison.Ordinal) && l.Contains("call_exit", StringComparison.Ordinal));
    }

    /// <summary>The kernel's programs know processes by other numbers than a container does: nothing would be recorded, in silence.</summary>
    [KernelFact]
    public void ACommandIsNotFollowedInAProcessNamespace()
    {
        RunResult run = Shell.Run("unshare -pf --mount-proc $TCPTRACER record -o $1/t.tct --no-kubernetes -- true; echo $?; unshare -pf --mount-proc $TCPTRACER doctor --no-kubernetes | grep ^limited", _folder.Path);
        Assert.Equal("4", run.Lines[0]);
        Assert.Contains("this container has its own: run it with --pid=host, or hostPID: true", Assert.Single(run.ErrorLines));
        Assert.Contains(run.Lines, l => l.StartsWith("limited  process numbers: ", StringComparison.Ordinal));
    }

    [KernelFact]
    public void ReplayNeedsNothingButTheFile()
    {
        File.WriteAllBytes(_folder.File("t.tct"), SampleEvents.Trace(events: SampleEvents.Seed));
        string prepare = "chmod 755 $1; chmod 644 $1/t.tct; cp -r $(dirname $TCPTRACER) $1/bin; rm -f $1/bin/*.dbg; cd /; ";
        RunResult run = Shell.Run(prepare + Nobody + " $1/bin/tcptracer show $1/t.tct -o custom-columns=comm,dport --no-headers", _folder.Path);
        Assert.Equal((0, "wget             443\n", ""), (run.ExitCode, run.Output, run.Errors));
        run = Shell.Run($"chmod 600 $1/t.tct; cd /; {Nobody} $1/bin/tcptracer show $1/t.tct", _folder.Path);
        Assert.Equal((1, $"tcptracer: {_folder.File("t.tct")}: you may not read it (its mode is 600); read it as its owner or with sudo, or have it given to you with chown"),
            (run.ExitCode, Assert.Single(run.ErrorLines)));
    }

    public void Dispose() => _folder.Dispose();
}
