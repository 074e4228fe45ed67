using TcpTracer.Recorder.Workloads;
using TcpTracer.Recorder.Workloads.Cri;
using Xunit;

namespace TcpTracer.Tests.Workloads;

/// <summary>How a runtime's sandboxes and containers become pods, in cases that a real runtime seldom has.</summary>
public sealed class CriPictureTests
{
    private readonly CriPicture _picture = new();

    private static PodSandbox Sandbox(string id, string uid, long createdAt = 1) =>
        new() { Id = id, Metadata = new PodSandboxMetadata { Name = "web", Namespace = "shop", Uid = uid }, CreatedAt = createdAt };

    private static Container Container(string id, string sandbox) => new()
    {
        Id = id, PodSandboxId = sandbox, Metadata = new ContainerMetadata { Name = "server" }
    };

    private static PodSandboxStatus Status(string ip, params string[] more) =>
        new() { Network = new PodSandboxNetworkStatus { Ip = ip, AdditionalIps = { more.Select(m => new PodIP { Ip = m }) } } };

    private ReportedPod Pod(string uid) => _picture.ToPods()[uid];

    [Fact]
    public void PodHasAddressesOfBothFamilies()
    {
        _picture.Replace([Sandbox("s", "u")], [], 0);
        _picture.OnStatus("s", Status("10.0.0.1", "fd00::1", "10.0.0.1", "nonsense"));
        Assert.Equal(["10.0.0.1", "fd00::1"], Pod("u").Addresses.Select(a => a.ToString()));
    }

    [Fact]
    public void SandboxIsQueriedUntilItsAddressIsKnown()
    {
        PodSandbox sandbox = Sandbox("s", "u");
        _picture.Replace([sandbox], [], 0);
        _picture.OnStatus("s", Status(""));
        Assert.True(_picture.LacksAddresses(sandbox));
        _picture.OnStatus("s", Status("10.0.0.1"));
        Assert.False(_picture.LacksAddresses(sandbox));

        PodSandbox ofNode = Sandbox("n", "v");
        PodSandboxStatus status = Status("192.168.0.1");
        status.Linux = new LinuxPodSandboxStatus
        {
            Namespaces = new Namespace { Options = new NamespaceOption { Network = NamespaceMode.Node } }
        };
        _picture.Replace([ofNode], [], 0);
        _picture.OnStatus("n", status);
        Assert.False(_picture.LacksAddresses(ofNode));
        Assert.Empty(Pod("v").Addresses);
    }

    [Fact]
    public void ContainerLookedUpDuringAPollSurvivesThePoll()
    {
        long moment = _picture.Moment;
        _picture.Add([Sandbox("young", "u")], [Container("c", "young")]);
        _picture.Replace([], [], moment);
        Assert.Equal("c", Assert.Single(Pod("u").Containers).Id);
        _picture.Replace([], [], _picture.Moment);
        Assert.Empty(_picture.ToPods());
    }

    [Fact]
    public void UidMayComeFromALabelAndAPodNeedsOne()
    {
        PodSandbox labelled = Sandbox("a", "");
        labelled.Labels.Add(CriPicture.UidLabel, "u");
        _picture.Replace([labelled, Sandbox("b", ""), new PodSandbox { Id = "c" }], [Container("x", "gone")], 0);
        Assert.Equal(["u"], _picture.ToPods().Keys);
        Assert.Empty(Pod("u").Labels!);
    }

    [Fact]
    public void ImageHasItsRequestedName()
    {
        const string digest = "sha256:0123";
        Container plain = Container("plain", "s"), specified = Container("specified", "s"), byDigest = Container("digest", "s"),
            gone = Container("gone", "s"), none = Container("none", "s");
        plain.Image = new ImageSpec { Image = "nginx:1" };
        specified.Image = new ImageSpec { Image = digest, UserSpecifiedImage = "nginx:2" };
        byDigest.Image = new ImageSpec { Image = digest };
        gone.Image = new ImageSpec { Image = new string('a', 64) };
        _picture.Replace([Sandbox("s", "u")], [plain, specified, byDigest, gone, none], 0);
        Assert.Equal([false, false, true, true, false], new[] { plain, specified, byDigest, gone, none }.Select(_picture.LacksImage));
        _picture.OnStatus("digest", new ContainerStatus { Image = new ImageSpec { Image = "docker.io/library/nginx:3" } });
        _picture.OnStatus("gone", (ContainerStatus?)null);
        Assert.False(_picture.LacksImage(gone));
        Assert.Equal(["digest=docker.io/library/nginx:3", $"gone={new string('a', 64)}", "none=", "plain=nginx:1", "specified=nginx:2"],
            Pod("u").Containers.Select(c => $"{c.Id}={c.Image}"));
    }
}
