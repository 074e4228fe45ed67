using Grpc.Core;

namespace TcpTracer.Recorder.Workloads.Cri;

/// <summary>
/// Has the next poll at once when containerd starts or ends a container: a pod's address is then known before the first connection to it.
/// Only a hint; without it, as with other runtimes, a poll comes soon enough for most. Not CRI's own GetContainerEvents: containerd 1.7 hands
/// each of those events to one listener only, and kubelet must have it.
/// </summary>
internal sealed class CriEvents
{
    /// <summary>Only Kubernetes' containers, and not the commands that probes run in them.</summary>
    private static readonly string[] s_filters = ["namespace==k8s.io,topic==\"/tasks/start\"", "namespace==k8s.io,topic==\"/tasks/delete\""];

    /// <summary>containerd tells before it lists; and where much happens, one poll does for many.</summary>
    private static readonly TimeSpan s_settling = TimeSpan.FromMilliseconds(50);

    private readonly SemaphoreSlim _happened = new(0, 1); // however many happened
    private Task _listening = Task.CompletedTask;
    private bool _isUnknown;

    /// <summary>Listens, if it does not already.</summary>
    public void Listen(CriClient client, CancellationToken cancellation)
    {
        if (_listening.IsCompleted && !_isUnknown)
            _listening = ListenAsync(client, cancellation);
    }

    private async Task ListenAsync(CriClient client, CancellationToken cancellation)
    {
        try
        {
            await foreach (Envelope _ in client.SubscribeAsync(s_filters, cancellation).ConfigureAwait(false))
            {
                if (_happened.CurrentCount == 0)
                    _happened.Release();
            }
        }
        catch (RpcException e)
        {
            _isUnknown = e.StatusCode == StatusCode.Unimplemented; // else it ended with the runtime, which the next poll finds out
        }
    }

    /// <summary>Waits for a time, or until something happens.</summary>
    public async Task PauseAsync(TimeSpan longest, CancellationToken cancellation)
    {
        if (!await _happened.WaitAsync(longest, cancellation).ConfigureAwait(false))
            return;
        await Task.Delay(s_settling, cancellation).ConfigureAwait(false);
        _happened.Wait(0, CancellationToken.None); // told together
    }
}
