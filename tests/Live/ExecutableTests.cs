using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Live;

/// <summary>The path of the executable of each process, however short it lives, and its command line if that was asked for.</summary>
public sealed class ExecutableTests(TwoHosts hosts) : IClassFixture<TwoHosts>
{
    private const string Connects = "exec 3<>/dev/tcp/127.0.0.1/1";

    private SeenEvent[] Record(string script, params string[] options)
    {
        using var folder = new TemporaryFolder();
        RunResult run = Shell.Run($"cp /bin/bash '{folder.Path}/a shell'; cd {folder.Path}; "
            + $"ip netns exec {hosts.Left} \"$TCPTRACER\" record -o t.tct {string.Join(' ', options)} -- /bin/bash -c "
            + "\"$1\" >/dev/null; tcptracer show t.tct -o json --fields +args",
            script);
        return [.. run.Lines.Select(l => new SeenEvent(l))];
    }

    [KernelFact]
    public void ExecutablePathIsKnownEvenForShortLivedProcesses()
    {
        string bash = File.ResolveLinkTarget("/bin", returnFinalTarget: true) is { } bin ? $"{bin.FullName}/bash" : "/bin/bash";
        SeenEvent[] told = Record($"'./a shell' -c '{Connects}'; {Connects}");
        Assert.Equal(2, told.Length);
        Assert.EndsWith("/a shell", told[0].Text("exe"));
        Assert.Equal(bash, told[1].Text("exe"));
        Each.Of(told, e => Assert.False(e.Has("args")));
    }

    [KernelFact]
    public void ExecutableHasItsPathInItsOwnMountNamespace()
    {
        SeenEvent told = Assert.Single(
            Record($"mkdir -p m; unshare -m sh -c \"mount -t tmpfs none m; cp '/bin/bash' m/inside; m/inside -c '{Connects}'\""));
        Assert.EndsWith("/m/inside", told.Text("exe"));
    }

    [KernelFact]
    public void RenamedExecutableHasItsNewPath()
    {
        SeenEvent[] told = Record($"cp /bin/bash one; ./one -c '{Connects}'; mv one two; ./two -c '{Connects}'");
        Assert.EndsWith("/one", told[0].Text("exe"));
        Assert.EndsWith("/two", told[1].Text("exe"));
    }

    [KernelFact]
    public void CutNameEndsWithDots()
    {
        string fits = new('n', 127), tooLong = new('n', 128);
        SeenEvent[] told = Record($"cp /bin/bash {fits}; cp /bin/bash {tooLong}; ./{fits} -c '{Connects}'; ./{tooLong} -c '{Connects}'");
        Assert.EndsWith("/" + fits, told[0].Text("exe"));
        Assert.EndsWith($"/{fits}...", told[1].Text("exe"));
    }

    [KernelFact]
    public void CommandLinesAreRecordedOnRequestUpToAKilobyte()
    {
        SeenEvent[] told = Record(
            $"./a\\ shell -c '{Connects}' 'with space' --key=1; ./a\\ shell -c '{Connects}' $(printf 'x%.0s' {{1..2000}})", "--args");
        Assert.Equal($"'./a shell' -c '{Connects}' 'with space' --key=1", told[0].Text("args"));
        string cut = told[1].Text("args")!;
        Assert.EndsWith("xxx...", cut);
        Assert.InRange(cut.Length, 1024, 1040);
    }
}
