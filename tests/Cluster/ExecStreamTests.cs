using TcpTracer.Recorder.Cluster;
using TcpTracer.Recorder.Workloads;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Workloads;
using Xunit;

namespace TcpTracer.Tests.Cluster;

/// <summary>Commands in real containers, through the API server's exec, in both protocols.</summary>
public sealed class ExecStreamTests(ContainerdHost host) : IClassFixture<ContainerdHost>, IDisposable
{
    private const string Pod = "agent";
    private readonly KubernetesCluster _cluster = new();
    private readonly List<string> _errors = [];
    private PodOnHost? _pod;
    private string _container = "";

    private ApiExec Server => _cluster.Server.Exec;

    private ExecStream Exec(string script)
    {
        if (_pod is null)
        {
            _pod = host.RunPod("tcptracer", Pod);
            _container = _pod.Run("tcptracer", "sleep 1000000");
            Server.Put(Pod, host, _container);
        }
        ClusterApi api = ClusterApi.Find(new SourceOptions { Kubeconfig = _cluster.Kubeconfig() }, _cluster.Surroundings);
        return api.ExecAsync(new AgentPod("tcptracer", Pod, "", "node-1"), ["/bin/sh", "-c", script], _errors.Add, default)
            .GetAwaiter().GetResult();
    }

    private static string ReadAll(Stream stream) => new StreamReader(stream).ReadToEnd();

    public static TheoryData<string> Protocols => [ApiExec.Version5, ApiExec.Version4];

    private void Speak(string protocol) => Server.Speaks = [protocol];

    [ContainerTheory, MemberData(nameof(Protocols))]
    public void CommandGivesItsOutputItsErrorsAndItsStatus(string protocol)
    {
        Speak(protocol);
        using ExecStream stream = Exec("echo out; echo 'first line' >&2; printf second >&2; exit 3");
        Assert.Equal("out\n", ReadAll(stream));
        Assert.Equal(["first line", "second"], _errors);
        Assert.Equal(3, stream.End?.ExitCode);
        Assert.Equal("", stream.WhyBroken);
        using ExecStream good = Exec("exit 0");
        Assert.Equal("", ReadAll(good));
        Assert.Equal(new ExecEnd(0, ""), good.End);
        Assert.Equal([protocol, protocol], Server.Protocols);
    }

    /// <summary>As servers before 1.29 may do it.</summary>
    [ContainerFact]
    public void Version4IsSpokenAfterARefusalOfVersion5()
    {
        Speak(ApiExec.Version4);
        Server.IsStrict = true;
        using ExecStream stream = Exec("echo out");
        Assert.Equal("out\n", ReadAll(stream));
        Assert.Equal([ApiExec.Version4], Server.Protocols);
        Assert.Equal(2, _cluster.Asked("/api/v1/namespaces/tcptracer/pods/agent/exec"));
        Assert.False(stream.CloseInput());
    }

    [ContainerFact]
    public void ClosedInputEndsTheCommandInGoodOrder()
    {
        using ExecStream stream = Exec("echo begun; cat; echo ended");
        Assert.Equal('b', stream.ReadByte());
        var reading = Task.Run(() => ReadAll(stream));
        Assert.True(stream.CloseInput());
        Assert.Equal("egun\nended\n", reading.Result);
        Assert.Equal(0, stream.End?.ExitCode);
    }

    [ContainerTheory, MemberData(nameof(Protocols))]
    public void MuchOutputComesWholeAndInOrder(string protocol)
    {
        Speak(protocol);
        const int blocks = 400, size = 65536;
        // Each block has its number at its beginning
        using ExecStream stream = Exec($"i=0; while [ $i -lt {blocks} ]; do printf '%08d' $i; "
            + $"busybox dd if=/dev/zero bs={size - 8} count=1 2>/dev/null; i=$((i+1)); done");
        byte[] block = new byte[size];
        for (int i = 0; i < blocks; i++)
        {
            stream.ReadExactly(block);
            Assert.Equal($"{i:D8}", System.Text.Encoding.ASCII.GetString(block, 0, 8));
            Assert.Equal(-1, block.AsSpan(8).IndexOfAnyExcept((byte)0));
        }
        Assert.Equal(0, stream.Read(block));
        Assert.Equal(0, stream.End?.ExitCode);
    }

    [ContainerTheory, MemberData(nameof(Protocols))]
    public void BrokenStreamEndsTheCommandAndIsNoEnd(string protocol)
    {
        Speak(protocol);
        using ExecStream stream = Exec("echo begun; cat");
        Assert.Equal('b', stream.ReadByte());
        ContainerdHost.Await("the command does not run", () => _pod!.Pids(_container).Any(IsCat));
        Server.Break(Pod);
        Assert.Equal("egun\n", ReadAll(stream));
        Assert.Null(stream.End);
        Assert.NotEqual("", stream.WhyBroken);
        ContainerdHost.Await("the command goes on", () => !_pod!.Pids(_container).Any(IsCat));
    }

    private static bool IsCat(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/comm").Trim() == "cat";
        }
        catch (IOException)
        {
            return false;
        }
    }

    [ContainerTheory, MemberData(nameof(Protocols))]
    public void WhoeverBreaksOffEndsTheCommand(string protocol)
    {
        Speak(protocol);
        using ExecStream stream = Exec("echo begun; cat");
        Assert.Equal('b', stream.ReadByte());
        stream.Abort();
        Assert.Equal("egun\n", ReadAll(stream));
        Assert.Null(stream.End);
        ContainerdHost.Await("the command goes on", () => !_pod!.Pids(_container).Any(IsCat));
    }

    [ContainerFact]
    public void SilentServerCountsAsBroken()
    {
        ClusterApi api = ClusterApi.Find(new SourceOptions { Kubeconfig = _cluster.Kubeconfig() }, _cluster.Surroundings);
        using (Exec("true"))
        {
            // makes the pod
        }
        api = api.WithPatience(TimeSpan.FromSeconds(0.5));
        using ExecStream stream = api.ExecAsync(new AgentPod("tcptracer", Pod, "", "node-1"), ["/bin/cat"], _errors.Add, default)
            .GetAwaiter().GetResult();
        Assert.Equal("", ReadAll(stream));
        Assert.Equal("nothing came for too long", stream.WhyBroken);
    }

    [ContainerFact]
    public void RefusalHasTheWordsOfTheServer()
    {
        Server.Refusal = (403, "Forbidden", "pods \"agent\" is forbidden: User \"jane\" cannot get resource \"pods/exec\"");
        ClusterException refused = Assert.Throws<ClusterException>(() => Exec("true"));
        Assert.Equal(ClusterFault.Forbidden, refused.Fault);
        Assert.Equal("pods \"agent\" is forbidden: User \"jane\" cannot get resource \"pods/exec\"", refused.Refusal);
        Server.Refusal = (404, "NotFound", "pods \"agent\" not found");
        Assert.Equal(ClusterFault.NotFound, Assert.Throws<ClusterException>(() => Exec("true")).Fault);
        Server.Refusal = (500, "InternalError", "container not found (\"tcptracer\")");
        Assert.Equal("it answers 500: container not found (\"tcptracer\")", Assert.Throws<ClusterException>(() => Exec("true")).Message);
    }

    public void Dispose()
    {
        _pod?.Dispose();
        _cluster.Dispose();
    }
}
