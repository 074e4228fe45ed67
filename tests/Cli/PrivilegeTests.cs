using System.Runtime.InteropServices;
using TcpTracer.Tests.Formats;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>
/// If the machine or the user cannot record, the program exits with 4 and one sentence with the remedy, and doctor says the
/// same. Replay needs nothing.
/// </summary>
public sealed class PrivilegeTests : IDisposable
{
    private const string Nobody = "setpriv --reuid 65534 --regid 65534 --clear-groups";
    private readonly TemporaryFolder _folder = new();

    private void MayNotRecord(string before, string remedy) => CannotRecord(before, remedy, "you may not record here");

    private void CannotRecord(string before, string remedy, string begins = "this machine cannot record")
    {
        // The executable is where only root may run it
        RunResult run = Shell.Run($"""
            chmod 755 $1; cp -r $(dirname $TCPTRACER) $1/bin; rm -f $1/bin/*.dbg; cd /
            {before} $1/bin/tcptracer; echo $?
            {before} $1/bin/tcptracer record -o $1/t.tct; echo $?
            {before} $1/bin/tcptracer doctor > $1/doctor; echo $?
            test -e $1/t.tct && echo there is a file
            """, _folder.Path);
        Assert.Equal(["4", "4", "4"], run.Lines);
        string sentence = $"tcptracer: {begins}: {remedy} (`tcptracer doctor` tells more; replay still works: `tcptracer show FILE`)";
        Assert.Equal([sentence, sentence], run.ErrorLines);
        string[] doctor = File.ReadAllLines(_folder.File("doctor"));
        Assert.Equal($"{char.ToUpperInvariant(begins[0])}{begins[1..]}: {remedy}. Replay still works: `tcptracer show FILE`.", doctor[^1]);
        Assert.Contains(doctor, l => l.StartsWith("missing  ", StringComparison.Ordinal) && l.EndsWith(remedy, StringComparison.Ordinal));
    }

    [KernelFact]
    public void RecordingWithoutPrivilegesIsRefusedWithASentence() =>
        MayNotRecord(Nobody, $"there is no privilege to load probes: {Remedy}");

    private string Remedy => $"run as root, or give the executable CAP_BPF and CAP_PERFMON: setcap {BothCapabilities} "
        + $"{_folder.Path}/bin/tcptracer (a pod: capabilities: add: [BPF, PERFMON])";

    private const string BothCapabilities = "cap_bpf,cap_perfmon+ep";

    /// <summary>The command in the sentence is enough for a user without any other privilege.</summary>
    [KernelFact]
    public void ExecutableWithFileCapabilitiesRecords()
    {
        RunResult run = Shell.Run($"""
            chmod 755 $1; cp -r $(dirname $TCPTRACER) $1/bin; cd /; PATH=$PATH:/sbin:/usr/sbin
            said=$({Nobody} $1/bin/tcptracer 2>&1 | sed -n 's/.*: \(setcap [^ ]* [^ ]*\) .*/\1/p'); $said || exit
            {Nobody} $1/bin/tcptracer --no-kubernetes --duration 1ms >/dev/null
            """, _folder.Path);
        Assert.True(run.ExitCode == 0, run.Errors);
        Assert.Contains("0 events lost", run.ErrorLines);
    }

    /// <summary>
    /// The commands in the sentence can be typed as they are: in a clone by the names of the start script and the example,
    /// elsewhere by their paths.
    /// </summary>
    [Fact]
    public void SuggestedCommandsWorkAsPrinted()
    {
        string clone = _folder.File("clone");
        RunResult run = Shell.Run($$"""
            chmod 755 $1; umask 022; built=$1/clone/artifacts/publish/TcpTracer.Cli/release
            mkdir -p $built $1/clone/examples $1/clone/docs $1/gone; cp $TCPTRACER $(dirname $TCPTRACER)/*.so $built 2>/dev/null
            printf '#!/bin/sh\nexec "%s/tcptracer" "$@"\n' $built >$1/clone/tcptracer; chmod 755 $1/clone/tcptracer
            cp {{TcptracerProgram.Repository}}/examples/shop.tct $1/clone/examples; chmod -R a+rX $1/clone
            cannot() { {{Unprivileged}} $1/clone/tcptracer record -o t.tct 2>&1 | sed -n 's/.*replay still works: `\(.*\)`)/\1/p'; }
            for folder in clone clone/docs gone; do
                cd $1/$folder; [ $folder != gone ] || rmdir ../gone
                command=$(cannot $1); echo $command
                [ $folder = gone ] || {{Unprivileged}} $command -o custom-columns=t --no-headers | sort -u | tr -d '\n'; echo
            done
            """, _folder.Path);
        Assert.Equal("", run.Errors);
        string byPath = $"{clone}/tcptracer show {clone}/examples/shop.tct";
        Assert.Equal(["./tcptracer show examples/shop.tct", "ACFUX", byPath, "ACFUX", byPath], run.Lines);
    }

    /// <summary>A command that runs another one without any privilege, whoever runs the tests.</summary>
    private static string Unprivileged => Native.geteuid() == 0 ? Nobody : "env";

    [KernelFact]
    public void CapBpfAloneIsRefusedWithASentence() => MayNotRecord("setpriv --bounding-set=-all,+bpf --inh-caps=-all",
        $"CAP_BPF without CAP_PERFMON is not enough: {Remedy}");

    [KernelFact]
    public void CapPerfmonAloneIsRefusedWithASentence() => MayNotRecord("setpriv --bounding-set=-all,+perfmon --inh-caps=-all",
        $"CAP_PERFMON without CAP_BPF is not enough: {Remedy}");

    [KernelFact]
    public void RootOfAUserNamespaceIsRefusedWithASentence() => MayNotRecord("unshare -Ur",
        "the privileges of a user namespace do not count: run as the machine's root (a pod: hostUsers: true; docker: --userns=host)");

    [RecordingFact]
    public void OldKernelIsRefusedWithASentence() => CannotRecord("setarch --uname-2.6",
        $"Linux {Shell.Run("setarch --uname-2.6 uname -r").Lines[0]} is too old: "
            + (RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "5.15 or newer is needed on arm64" : "5.8 or newer is needed"));

    [KernelFact]
    public void MissingBtfIsRefusedWithASentence() => CannotRecord(
        """unshare -m sh -c 'mount -t tmpfs none /sys/kernel/btf && exec "$@"' sh""",
        "/sys/kernel/btf/vmlinux is missing: a kernel built with CONFIG_DEBUG_INFO_BTF=y is needed");

    [KernelFact]
    public void InvalidBtfIsRefusedWithASentence() => CannotRecord(
        """unshare -m sh -c 'mount --bind /dev/null /sys/kernel/btf/vmlinux && exec "$@"' sh""",
        "/sys/kernel/btf/vmlinux cannot be read as BTF: a kernel built with CONFIG_DEBUG_INFO_BTF=y is needed");

    [KernelFact]
    public void MissingSysfsIsRefusedWithASentence() => CannotRecord("""unshare -m sh -c 'umount -l /sys && exec "$@"' sh""",
        "/sys is not mounted, where the kernel tells its types: mount -t sysfs sysfs /sys");

    [KernelFact]
    public void SeccompFilterThatRefusesBpfIsReported() => CannotRecord(Refusing(SystemCall.Bpf),
        "a seccomp filter refuses bpf(): run it with one that allows it (a pod: seccompProfile Unconfined; "
            + "docker: --security-opt seccomp=unconfined)");

    [RecordingFact]
    public void TooFewOpenFilesAreReported() => CannotRecord("""sh -c 'ulimit -n 20; exec "$@"' sh""",
        "the limit of open files is too low: 48 more are needed (ulimit -n 64, LimitNOFILE=)");

    /// <summary>The limit in the sentence is enough.</summary>
    [RecordingFact]
    public void RecordingWorksWithAsManyOpenFilesAsDoctorAsksFor()
    {
        RunResult run = Shell.Run("ulimit -n 64; tcptracer record -o $1/t.tct -- true && tcptracer doctor", _folder.Path);
        Assert.Equal((0, "This machine can record."), (run.ExitCode, run.Lines[^1]));
    }

    /// <summary>Recording needs nothing in /proc; only names are missing.</summary>
    [KernelFact]
    public void RecordingWorksWithoutProc()
    {
        using var server = new Loopback();
        RunResult run = Shell.Run($"""
            unshare -m sh -c 'umount -l /proc && exec "$@"' sh \
                $TCPTRACER record -o $1/t.tct --no-kubernetes --port {server.Port} -- bash -c '{server.Connect}' 2>/dev/null || exit
            tcptracer show $1/t.tct -o custom-columns=t,comm --no-headers
            unshare -m sh -c 'umount -l /proc && exec "$@"' sh $TCPTRACER doctor --no-kubernetes | grep '^limited\|^none\|^This'
            """, _folder.Path);
        Assert.Equal(["C bash", "X bash", "limited  other users' /proc: /proc is not mounted: `--netns /proc/PID/ns/net` does not work",
            "none     names: names of pods: not asked for (--no-kubernetes)", "This machine can record."],
                run.Lines.Select(l => l.TrimEnd()));
    }

    /// <summary>The refused call is named, and neither an option nor the kernel is blamed.</summary>
    [RecordingTheory]
    [InlineData("eventfd2", "")]
    [InlineData("epoll_create1", "")]
    [InlineData("epoll_ctl", "")]
    [InlineData("lseek", "/sys/kernel/btf/vmlinux cannot be read: ")]
    [InlineData("faccessat2", "/sys/kernel/btf/vmlinux cannot be read: ")]
    [InlineData("capget", "")]
    [InlineData("uname", "")]
    public void RefusedSystemCallIsNamed(string call, string before)
    {
        string named = $"{before}{call}()", refusing = Refusing(SystemCall.Of(call));
        RunResult run = Shell.Run($"{refusing} $TCPTRACER record -o $1/t.tct --no-kubernetes -- true; echo $?; "
            + $"{refusing} $TCPTRACER doctor --no-kubernetes", _folder.Path);
        Assert.Equal((4, "4"), (run.ExitCode, run.Lines[0]));
        // capget() would have told the privileges
        string begins = call == "capget" ? "you may not record here" : "this machine cannot record";
        string sentence = $"{begins}: {named} is refused: Operation not permitted (let the seccomp filter or security module allow it)";
        Assert.StartsWith($"tcptracer: {sentence} (", Assert.Single(run.ErrorLines));
        Assert.StartsWith($"{char.ToUpperInvariant(sentence[0])}{sentence[1..]}. ", run.Lines[^1]);
    }

    [RecordingFact]
    public void RefusedWriteNamesTheFile()
    {
        RunResult run = Shell.Run(
            $"{Refusing(SystemCall.Of("pwrite64"))} $TCPTRACER record -o $1/t.tct --no-kubernetes -- true", _folder.Path);
        Assert.Equal((1, $"tcptracer: {_folder.File("t.tct")}: Operation not permitted; nothing is left there; "
            + "make room, or name another file with -o"), (run.ExitCode, Assert.Single(run.ErrorLines)));
    }

    /// <summary>A container runtime may allow bpf(), but not perf_event_open().</summary>
    [KernelFact]
    public void EverySystemCallIsWatchedWithoutPerfEvents()
    {
        RunResult run = Shell.Run($"{Refusing(SystemCall.PerfEventOpen)} $TCPTRACER doctor --no-kubernetes", _folder.Path);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("limited  system call tracepoints: perf_event_open() is refused: Operation not permitted (let the seccomp filter "
            + "or security module allow it): every system call's return is watched instead, which costs each a little", run.Lines);
        Assert.Contains(run.Lines, l => l.StartsWith("ok       probes: ", StringComparison.Ordinal)
            && l.Contains("call_exit", StringComparison.Ordinal));
    }

    /// <summary>
    /// The kernel allows 64 programs at such a tracepoint. The next recorder watches every system call instead, and sees the same events.
    /// </summary>
    [KernelFact]
    public void EverySystemCallIsWatchedWhenTheTracepointsAreFull()
    {
        using var server = new Loopback();
        string full = FillTracepoint();
        RunResult run = Shell.Run($"""
            {full} $TCPTRACER doctor --no-kubernetes | grep '^limited\|probes\|^This'
            {full} $TCPTRACER record -o $1/t.tct --no-kubernetes --port {server.Port},1 -- \
                bash -c '{server.Connect}; (exec 4<>/dev/tcp/127.0.0.1/1) 2>/dev/null; true' 2>/dev/null || exit
            tcptracer show $1/t.tct -o custom-columns=t,error --no-headers | sort
            """, _folder.Path);
        string[] lines = [.. run.Lines.Select(l => string.Join(' ', l.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];
        Assert.Equal("limited system call tracepoints: 64 recorders hang at them, the kernel's limit (end one): every system call's "
            + "return is watched instead, which costs each a little", lines[0]);
        Assert.Contains("call_exit", lines[1]);
        Assert.Equal(["This machine can record.", "C", "F ECONNREFUSED", "X"], lines[^4..]);
    }

    /// <summary>A command that runs the next one under a filter, which answers one system call with EPERM.</summary>
    private string Refusing(int call)
    {
        File.WriteAllText(_folder.File("refuse.py"), """
            import ctypes, os, struct, sys
            load, if_equal, give = 0x20, 0x15, 0x06
            filter = b''.join(struct.pack('HBBI', *line) for line in [
                (load, 0, 0, 0), (if_equal, 0, 1, int(sys.argv[1])), (give, 0, 0, 0x00050000 | 1), (give, 0, 0, 0x7fff0000)])
            program = struct.pack('HxxxxxxP', 4, ctypes.addressof(text := ctypes.create_string_buffer(filter)))
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.prctl(22, 2, program, 0, 0):
                sys.exit(os.strerror(ctypes.get_errno()))
            os.execvp(sys.argv[2], sys.argv[2:])
            """);
        return $"/usr/bin/python3 $1/refuse.py {call}";
    }

    /// <summary>A command that runs the next one while one of the tracepoints has as many idle programs as the kernel allows.</summary>
    private string FillTracepoint()
    {
        File.WriteAllText(_folder.File("fill.py"), $"perf_event_open, bpf = {SystemCall.PerfEventOpen}, {SystemCall.Bpf}\n" + """
            import ctypes, errno, fcntl, os, struct, sys, time
            libc = ctypes.CDLL(None, use_errno=True)
            def call(number, *arguments):
                result = libc.syscall(number, *arguments)
                if result < 0:
                    sys.exit(os.strerror(ctypes.get_errno()))
                return result
            nothing = ctypes.create_string_buffer(bytes.fromhex('b700000000000000 9500000000000000'))
            licence = ctypes.create_string_buffer(b'GPL')
            program = struct.pack('IIPP', 5, 2, ctypes.addressof(nothing), ctypes.addressof(licence)).ljust(120, b'\0')
            id = int(open('/sys/kernel/tracing/events/syscalls/sys_exit_accept/id').read())
            event = struct.pack('IIQQ', 2, 64, id, 1).ljust(64, b'\0')
            def hang():
                hook, idle = call(perf_event_open, event, -1, 0, -1, 8), call(bpf, 5, program, 120)
                try:
                    fcntl.ioctl(hook, 0x40042408, idle)
                except OSError as e:
                    if e.errno != errno.E2BIG:
                        raise
                    os.close(hook)
                    return False
                finally:
                    os.close(idle)
                return True
            for _ in range(65):
                if not hang():
                    break
            else:
                sys.exit('the kernel has no such limit')
            child = os.fork()
            if not child:
                os.execvp(sys.argv[1], sys.argv[1:])
            # Recorders of other tests may leave: their places are taken
            while not (ended := os.waitpid(child, os.WNOHANG))[0]:
                hang() or time.sleep(0.001)
            sys.exit(os.waitstatus_to_exitcode(ended[1]))
            """);
        const string mount = "[ -e /sys/kernel/tracing/events ] || mount -t tracefs none /sys/kernel/tracing";
        return $$"""unshare -m sh -c '{ {{mount}}; } && exec "$@"' sh /usr/bin/python3 $1/fill.py""";
    }

    [RecordingFact]
    public void DoctorPassesWhereRecordingWorks()
    {
        RunResult run = TcptracerProgram.Run("doctor");
        Assert.Equal((0, "This machine can record."), (run.ExitCode, run.Lines[^1]));
        Assert.DoesNotContain("missing", run.Output);
    }

    /// <summary>
    /// As in a container: tracefs is not there and may not be mounted. Then the return of every system call is watched, and
    /// the events are the same.
    /// </summary>
    [KernelFact]
    public void TwoCapabilitiesAreEnoughToRecord()
    {
        using var server = new Loopback();
        RunResult run = Shell.Run($$"""
            few() {
                unshare -m sh -c 'umount -q /sys/kernel/tracing /sys/kernel/debug; exec "$@"' sh \
                    setpriv --bounding-set=-all,+bpf,+perfmon --inh-caps=-all "$@"
            }
            few $TCPTRACER doctor >$1/doctor || exit 1
            few $TCPTRACER record -o $1/t.tct --no-kubernetes --port {{server.Port}},1 -- \
                bash -c '{{server.Connect}}; (exec 4<>/dev/tcp/127.0.0.1/1) 2>/dev/null; true' 2>/dev/null || exit 2
            tcptracer show $1/t.tct -o custom-columns=t,error,fd --no-headers | sort
            few $TCPTRACER record -o $1/a.tct --no-kubernetes --pid {{Environment.ProcessId}} --op accept --port {{server.Port}} --count 1 \
                2>$1/errors & recorder=$!
            until grep -qs 'recording to' $1/errors; do sleep 0.1; done
            bash -c '{{server.Connect}}'
            wait $recorder
            tcptracer show $1/a.tct -o custom-columns=t,dport --no-headers | grep -c '^A'
            """, _folder.Path);
        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Equal(["C 3", "F ECONNREFUSED 3", "X 3", "1"],
            [.. run.Lines.Select(l => string.Join(' ', l.Split(' ', StringSplitOptions.RemoveEmptyEntries)))]);
        string[] doctor = File.ReadAllLines(_folder.File("doctor"));
        Assert.Contains(doctor, l => l.StartsWith("limited  system call tracepoints: ", StringComparison.Ordinal));
        Assert.Contains(doctor, l => l.StartsWith("ok       probes: ", StringComparison.Ordinal)
            && l.Contains("call_exit", StringComparison.Ordinal));
    }

    /// <summary>The probes know other process numbers than a container does, so without this check nothing would be recorded.</summary>
    [KernelFact]
    public void FollowingACommandInAProcessNamespaceIsRefused()
    {
        RunResult run = Shell.Run("unshare -pf --mount-proc $TCPTRACER record -o $1/t.tct --no-kubernetes -- true; echo $?; "
            + "unshare -pf --mount-proc $TCPTRACER doctor --no-kubernetes | grep ^limited", _folder.Path);
        Assert.Equal("4", run.Lines[0]);
        Assert.Contains("this container has its own: run it with --pid=host, or hostPID: true", Assert.Single(run.ErrorLines));
        Assert.Contains(run.Lines, l => l.StartsWith("limited  process numbers: ", StringComparison.Ordinal));
    }

    [OtherUserFact]
    public void ReplayNeedsNothingButTheFile()
    {
        File.WriteAllBytes(_folder.File("t.tct"), SampleEvents.Trace(events: SampleEvents.Seed));
        string prepare = "chmod 755 $1; chmod 644 $1/t.tct; cp -r $(dirname $TCPTRACER) $1/bin; rm -f $1/bin/*.dbg; cd /; ";
        RunResult run = Shell.Run(prepare + Nobody
            + " $1/bin/tcptracer show $1/t.tct -o custom-columns=comm,dport --no-headers", _folder.Path);
        Assert.Equal((0, "wget             443\n", ""), (run.ExitCode, run.Output, run.Errors));
        run = Shell.Run($"chmod 600 $1/t.tct; cd /; {Nobody} $1/bin/tcptracer show $1/t.tct", _folder.Path);
        Assert.Equal((1, $"tcptracer: {_folder.File("t.tct")}: you may not read it (its mode is 600); "
            + "read it as its owner or with sudo, or have it given to you with chown"),
            (run.ExitCode, Assert.Single(run.ErrorLines)));
    }

    public void Dispose() => _folder.Dispose();
}
