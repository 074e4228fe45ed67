using System.Diagnostics.CodeAnalysis;
using Grpc.Core;

namespace TcpTracer.Recorder.Workloads.Cri;

/// <summary>
/// Brings the next poll forward when containerd starts or ends a container, so that a pod's address is known before the first
/// connection to it. It is only a hint: with other runtimes the next regular poll is soon enough for most pods. CRI's own
/// GetContainerEvents is no choice: containerd 1.7 sends each of those events to only one listener, and kubelet must get it.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "A semaphore owns something only where its wait handle is asked for.")]
internal sealed class CriEvents
{
    /// <summary>Only containers of Kubernetes, and not the commands that its probes run in them.</summary>
    private static readonly string[] s_filters =
    [
        "namespace==k8s.io,topic==\"/tasks/start\"",
        "namespace==k8s.io,topic==\"/tasks/delete\"",
    ];

    /// <summary>containerd lists a container a little after it has sent the event. And one poll can serve several events.</summary>
    private static readonly TimeSpan s_settling = TimeSpan.FromMilliseconds(50);

    private readonly SemaphoreSlim _happened = new(0, 1); // at most one: how many events there were does not matter
    private Task _listening = Task.CompletedTask;
    private bool _isUnknown;

    /// <summary>Begins to listen, unless it does already or the runtime does not have the call.</summary>
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
            _isUnknown = e.StatusCode == StatusCode.Unimplemented; // otherwise the connection broke, and the next poll finds out
        }
    }

    /// <summary>Waits for some time, or until a container starts or ends.</summary>
    public async Task PauseAsync(TimeSpan longest, CancellationToken cancellation)
    {
        if (!await _happened.WaitAsync(longest, cancellation).ConfigureAwait(false))
            return;
        await Task.Delay(s_settling, cancellation).ConfigureAwait(false);
        _happened.Wait(0, CancellationToken.None); // events that came meanwhile are served by the same poll
    }
}
