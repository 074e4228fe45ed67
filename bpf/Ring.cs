using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using TcpTracer.Bpf.Interop;

namespace TcpTracer.Bpf;

/// <summary>The reader's end of the ring. Not thread-safe, except <see cref="Interrupt"/>.</summary>
internal sealed unsafe class Ring : IDisposable
{
    /// <summary>While events flow, the ring is emptied this often: seldom enough to gather records, often enough to look live.</summary>
    private const int CollectMilliseconds = 40;
    private const int RoundsBeforeIdle = 3;
    private const int CloseOnExec = 0x80000, NonBlocking = 0x800;

    private readonly int _map;
    private readonly ProbeMemory _memory;
    private readonly SafeFileHandle _interrupt = new(LibC.eventfd(0, CloseOnExec | NonBlocking), ownsHandle: true);
    private readonly RingBufferHandle _buffer;
    private GCHandle _self;
    private IRawEventReceiver? _receiver;
    private ExceptionDispatchInfo? _failure;
    private int _emptyRounds;

    /// <param name="probes">The loaded object that has the ring. It must outlive this.</param>
    /// <param name="memory">There the producers read whether the reader sleeps.</param>
    /// <exception cref="ProbeException">The ring cannot be mapped.</exception>
    public Ring(ProbeObject probes, ProbeMemory memory)
    {
        _map = probes.Map("ring").Descriptor;
        _memory = memory;
        _self = GCHandle.Alloc(this);
        _buffer = new RingBufferHandle(LibBpf.ring_buffer__new(_map, &OnRecord, (void*)GCHandle.ToIntPtr(_self), 0), probes.Handle);
        if (!_buffer.IsInvalid)
            return;
        int error = Marshal.GetLastPInvokeError();
        Dispose();
        throw new ProbeException(ProbeFailure.Refused, WhyNot(error, LibBpfLog.Text));
    }

    /// <summary>
    /// libbpf maps the ring, and makes an epoll instance that we do not need. Only its log tells which of the two failed.
    /// </summary>
    private static string WhyNot(int error, string log)
    {
        if (log.Contains("epoll instance", StringComparison.Ordinal))
        {
            return error is RefusedCall.TooManyOpen or RefusedCall.TooManyOpenInSystem
                ? KernelSupport.TooFewDescriptors
                : RefusedCall.Of("epoll_create1()", error);
        }
        return log.Contains("epoll add", StringComparison.Ordinal)
            ? RefusedCall.Of("epoll_ctl()", error)
            : $"the ring could not be mapped ({Marshal.GetPInvokeErrorMessage(error)}): "
                + "choose a smaller --buffer-size, or allow more memory (ulimit -v)";
    }

    /// <inheritdoc cref="TcpProbe.Read"/>
    public int Read(IRawEventReceiver receiver, int maxMilliseconds)
    {
        int interrupt = (int)_interrupt.DangerousGetHandle();
        if (_emptyRounds < RoundsBeforeIdle)
        {
            LibC.WaitReadable(interrupt, -1, Math.Min(CollectMilliseconds, maxMilliseconds));
        }
        else
        {
            // From here on a producer wakes us. A record that came before its producer could see the flag makes the ring readable at once.
            _memory.ReaderIsIdle = true;
            Thread.MemoryBarrier();
            LibC.WaitReadable(_map, interrupt, maxMilliseconds);
            _memory.ReaderIsIdle = false;
        }
        ulong calls;
        _ = LibC.read(interrupt, (byte*)&calls, sizeof(ulong)); // so that the next Read waits again
        int count = Drain(receiver);
        _emptyRounds = count == 0 ? _emptyRounds + 1 : 0;
        return count;
    }

    /// <inheritdoc cref="TcpProbe.Drain"/>
    public int Drain(IRawEventReceiver receiver)
    {
        _receiver = receiver;
        int count = LibBpf.ring_buffer__consume(_buffer);
        _receiver = null;
        Interlocked.Exchange(ref _failure, null)?.Throw();
        return Math.Max(0, count);
    }

    /// <inheritdoc cref="TcpProbe.Interrupt"/>
    public void Interrupt()
    {
        ulong one = 1;
        _ = LibC.write((int)_interrupt.DangerousGetHandle(), &one, sizeof(ulong));
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnRecord(void* context, void* data, nuint size)
    {
        var ring = (Ring)GCHandle.FromIntPtr((nint)context).Target!;
        try
        {
            RingRecord.HandOver(new ReadOnlySpan<byte>(data, (int)size), ring._receiver!);
            return 0;
        }
        catch (Exception e)
        {
            // No exception may cross libbpf's frames. A negative result ends its loop; the record counts as read
            ring._failure = ExceptionDispatchInfo.Capture(e);
            return -1;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _buffer.Dispose();
        if (_self.IsAllocated)
            _self.Free();
        _interrupt.Dispose();
    }
}
