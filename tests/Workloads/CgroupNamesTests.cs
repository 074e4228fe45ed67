using TcpTracer.Formats.Workloads;
using Xunit;

namespace TcpTracer.Tests.Workloads;

/// <summary>Paths of cgroups as the kubelet, the runtimes and systemd make them, for both cgroup drivers.</summary>
public sealed class CgroupNamesTests
{
    private const string Uid = "0b36fd2f-5b3d-4b6d-9c5f-0d5b8d9f1a2b", UnderscoredUid = "0b36fd2f_5b3d_4b6d_9c5f_0d5b8d9f1a2b",
        StaticUid = "1c2f7d9a0b36fd2f5b3d4b6d9c5f0d5b";
    private const string Id = "3fd2c1b0a99887766554433221100ffeeddccbbaa99887766554433221100fff",
        Node = "00d2c1b0a99887766554433221100ffeeddccbbaa99887766554433221100fff";

    public static TheoryData<string, string, string> Paths => new()
    {
        { "/", "", "" },
        { "/user.slice/user-1000.slice/session-3.scope", "", "" },
        { "/system.slice/containerd.service", "", "" },
        { "/system.slice/podman-4242.scope", "", "" },
        { $"/kubepods/pod{Uid}/{Id}", Uid, Id },
        { $"/kubepods/burstable/pod{Uid}/{Id}", Uid, Id },
        { $"/kubepods/besteffort/pod{StaticUid}/{Id}", StaticUid, Id },
        { $"/kubepods/burstable/pod{Uid}", Uid, "" },
        { $"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{UnderscoredUid}.slice/cri-containerd-{Id}.scope", Uid, Id },
        { $"/kubepods.slice/kubepods-pod{UnderscoredUid}.slice/crio-{Id}.scope", Uid, Id },
        { $"/kubepods.slice/kubepods-pod{UnderscoredUid}.slice/crio-{Id}.scope/container", Uid, Id },
        { $"/kubepods.slice/kubepods-pod{UnderscoredUid}.slice/crio-conmon-{Id}.scope", Uid, "" },
        { $"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod{UnderscoredUid}.slice/docker-{Id}.scope", Uid, Id },
        { $"/system.slice/kubepods-besteffort-pod{UnderscoredUid}.slice:cri-containerd:{Id}", Uid, Id },
        { $"/kubelet/kubepods/burstable/pod{Uid}/{Id}", Uid, Id },
        { $"/docker/{Node}/kubelet/kubepods/burstable/pod{Uid}/{Id}", Uid, Id },
        { $"/docker/{Node}/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/"
            + $"kubelet-kubepods-burstable-pod{UnderscoredUid}.slice/cri-containerd-{Id}.scope", Uid, Id },
        { $"/kubepods/burstable/pod{Uid}/{Id}/docker/{Node}", Uid, Id },
        { $"/kubepods/burstable/pod{Uid}/{Id}/init.scope", Uid, Id },
        { $"/kubepods.slice/kubepods-pod{UnderscoredUid}.slice/cri-containerd-short.scope", Uid, "short" },
        { $"/docker/{Id}", "", Id },
        { $"/docker/{Id}/system.slice/nginx.service", "", Id },
        { $"/docker/{Node}/docker/{Id}", "", Id },
        { $"/system.slice/docker-{Id}.scope", "", Id },
        { $"/libpod_parent/{Node}/libpod-{Id}", "", Id },
        { $"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{Id}.scope/container", "", Id },
        { $"/machine.slice/libpod-conmon-{Id}.scope", "", "" },
        { $"/docker/{Id[1..]}", "", "" },
        { $"/docker/{Id.ToUpperInvariant()}", "", "" },
        { "/a/podium/x", "", "" },
        { $"/kubepods/pod{Uid}/{Id}/kubepods/pod{StaticUid}/{Node}", Uid, Id }, // a process in a container may create cgroups below its own
        { $"/kubepods.slice/kubepods-pod{UnderscoredUid}.slice/crio-{Id}.scope/kubepods.slice/kubepods-pod{StaticUid}.slice/"
            + $"crio-{Node}.scope", Uid, Id },
        { $"/user.slice/user-1000.slice/user@1000.service/kubepods/pod{Uid}/short", "", "" }, // and so may a user below user.slice
        // rootless kind
        { $"/user.slice/user-1000.slice/user@1000.service/user.slice/docker-{Node}.scope/kubelet.slice/kubelet-kubepods.slice/"
            + $"kubelet-kubepods-pod{UnderscoredUid}.slice/cri-containerd-{Id}.scope", Uid, Id },
        { "//pod/kubepods/pod/:::", "", "" },
    };

    [Fact]
    public void CutPathIsNeitherAContainerNorTheHost()
    {
        CgroupNames names = CgroupNames.Parse($"{CgroupNames.Cut}/kubepods/pod{Uid}/{Id}");
        Assert.Equal((true, false, "", ""), (names.IsUnknown, names.IsHost, names.PodUid, names.ContainerId));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void PathGivesPodAndContainer(string path, string pod, string container) =>
        Assert.Equal((pod, container), (CgroupNames.Parse(path).PodUid, CgroupNames.Parse(path).ContainerId));
}
