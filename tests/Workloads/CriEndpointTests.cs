using TcpTracer.Recorder.Workloads.Cri;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Workloads;

/// <summary>Which runtime is asked if there are several.</summary>
public sealed class CriEndpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private CriPlaces Places(string? variable = null, string? crictl = null, params string[] there)
    {
        if (crictl is not null)
            File.WriteAllText(_folder.File("crictl.yaml"), crictl);
        foreach (string socket in there)
            File.WriteAllText(_folder.File(socket), "");
        return new CriPlaces
        {
            Variable = variable, CrictlFile = _folder.File("crictl.yaml"),
            Sockets = [_folder.File("containerd.sock"), _folder.File("crio.sock")]
        };
    }

    [Theory]
    [InlineData("unix:///run/x.sock", "/run/x.sock")]
    [InlineData("/run/x.sock", "/run/x.sock")]
    public void OptionDecidesTheEndpoint(string option, string path) =>
        Assert.Equal(new CriEndpoint(path, "--runtime-endpoint"),
            CriEndpoint.Find(option, Places("unix:///variable", "runtime-endpoint: unix:///crictl", "crio.sock")));

    [Fact]
    public void VariableDecidesTheEndpointWithoutTheOption() =>
        Assert.Equal(new CriEndpoint("/variable", "$CONTAINER_RUNTIME_ENDPOINT"),
            CriEndpoint.Find(null, Places("unix:///variable", "runtime-endpoint: unix:///crictl", "crio.sock")));

    [Theory]
    [InlineData("timeout: 2\nruntime-endpoint: unix:///crictl\nimage-endpoint: unix:///image\n")]
    [InlineData("runtime-endpoint: \"unix:///crictl\"\n")]
    [InlineData("runtime-endpoint:   /crictl   # as kubelet has it\n")]
    [InlineData("{\"runtime-endpoint\": 'unix:///crictl', timeout: 2}\n")]
    [InlineData("# comment\n---\n'runtime-endpoint': >-\n  unix:///crictl\n")]
    public void CrictlsConfigurationDecidesTheEndpointWithoutBoth(string yaml) =>
        Assert.Equal(new CriEndpoint("/crictl", _folder.File("crictl.yaml")),
            CriEndpoint.Find(null, Places(crictl: yaml, there: ["crio.sock"])));

    [Theory]
    [InlineData("runtime-endpoint: \"\"\n")]
    [InlineData("#runtime-endpoint: unix:///crictl\n")]
    [InlineData("debug: |\n  x\n  runtime-endpoint: unix:///crictl\n")]
    [InlineData("runtime-endpoint: [unix:///crictl]\n")]
    [InlineData("runtime-endpoint: unix:///crictl\n}: not YAML\n")]
    [InlineData("")]
    public void FirstExistingSocketIsTheEndpointWithoutConfiguration(string yaml) =>
        Assert.Equal(new CriEndpoint(_folder.File("crio.sock"), null), CriEndpoint.Find("", Places("", yaml, "crio.sock")));

    [Fact]
    public void ThereIsNoEndpointWithoutASocket() => Assert.Null(CriEndpoint.Find(null, Places()));

    [Theory]
    [InlineData("/run/x.sock", true)]
    [InlineData("unix:///run/x.sock", true)]
    [InlineData("tcp://127.0.0.1:1", false)]
    [InlineData("npipe:////./pipe/x", false)]
    public void OnlyUnixSocketsCountAsSockets(string option, bool isSocket) =>
        Assert.Equal(isSocket, CriEndpoint.Find(option, Places())!.IsSocket);

    public void Dispose() => _folder.Dispose();
}
