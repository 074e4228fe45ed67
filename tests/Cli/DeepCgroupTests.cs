using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Cli;

/// <summary>
/// The kernel reports ten names of a cgroup's path. A deeper cgroup may be a pod's, so it is shown as unknown, and not as the host's.
/// </summary>
public sealed class DeepCgroupTests
{
    [KernelFact]
    public void CgroupDeeperThanTenLevelsIsNotTakenForTheHost()
    {
        using var folder = new TemporaryFolder();
        RunResult run = Shell.Run("""
            mount=$(awk '$3 == "cgroup" && $4 ~ /(^|,)memory(,|$)/ { print $2; exit }' /proc/mounts)
            [ -n "$mount" ] || mount=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
            for levels in 10 11; do
                top=$mount/tcptracer-$$ path=$mount/tcptracer-$$
                for level in $(seq 2 $levels); do path=$path/$level; done
                mkdir -p $path
                sh -c 'echo $$ >$0/cgroup.procs && exec "$@"' $path "$TCPTRACER" record -o $1/$levels.tct --no-kubernetes -- \
                    bash -c '(exec 3<>/dev/tcp/127.0.0.1/1) 2>/dev/null; true' 2>/dev/null || exit
                find $top -depth -type d -exec rmdir {} \;
                tcptracer show $1/$levels.tct -o custom-columns=t,comm,namespace,pod,container --no-headers
            done
            """, folder.Path);
        Assert.True(run.ExitCode == 0, run.Errors);
        Assert.Equal(["F bash <> <> <>", "F bash ? ? ?"],
            run.Lines.Select(l => string.Join(' ', l.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
    }
}
