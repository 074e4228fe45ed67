using Microsoft.Win32.SafeHandles;

namespace TcpTracer.Bpf.Interop;

/// <summary>Owns a struct bpf_object. Releasing it unloads its programs and maps.</summary>
internal sealed class BpfObjectHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    public BpfObjectHandle(nint bpf) : base(ownsHandle: true) => SetHandle(bpf);

    protected override bool ReleaseHandle()
    {
        LibBpf.bpf_object__close(handle);
        return true;
    }
}

/// <summary>A handle into a bpf_object. It holds its parent, so that the object outlives it in whatever order finalisers run.</summary>
internal abstract class BpfChildHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    private readonly BpfObjectHandle _parent;

    protected BpfChildHandle(nint child, BpfObjectHandle parent) : base(ownsHandle: true)
    {
        bool held = false;
        parent.DangerousAddRef(ref held);
        _parent = parent;
        SetHandle(child);
    }

    protected abstract void Free();

    protected override bool ReleaseHandle()
    {
        Free();
        _parent.DangerousRelease();
        return true;
    }
}

/// <summary>Owns a struct bpf_link. Releasing it detaches the program.</summary>
internal sealed class LinkHandle(nint link, BpfObjectHandle parent) : BpfChildHandle(link, parent)
{
    protected override void Free() => _ = LibBpf.bpf_link__destroy(handle);
}

/// <summary>Owns a struct ring_buffer: the mapping of one ring and the epoll descriptor that waits for it.</summary>
internal sealed class RingBufferHandle(nint ring, BpfObjectHandle parent) : BpfChildHandle(ring, parent)
{
    protected override void Free() => LibBpf.ring_buffer__free(handle);
}

/// <summary>Owns a struct btf.</summary>
internal sealed class BtfHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    public BtfHandle(nint btf) : base(ownsHandle: true) => SetHandle(btf);

    protected override bool ReleaseHandle()
    {
        LibBpf.btf__free(handle);
        return true;
    }
}
