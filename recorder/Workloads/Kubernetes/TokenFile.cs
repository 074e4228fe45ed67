using System.Net.Http.Headers;
using k8s.Authentication;
using TcpTracer.Formats.Files;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>
/// A token in a file. The file is read again every minute, because kubelet renews it. The library's own provider would read
/// anything that has that name, without a limit.
/// </summary>
/// <param name="path">The file.</param>
internal sealed class TokenFile(string path) : ITokenProvider
{
    private static readonly TimeSpan s_period = TimeSpan.FromMinutes(1);
    private volatile ReadToken? _last;

    private sealed record ReadToken(string Token, long ReadAt);

    /// <inheritdoc/>
    public Task<AuthenticationHeaderValue> GetAuthenticationHeaderAsync(CancellationToken cancellationToken)
    {
        ReadToken? last = _last;
        if (last is null || Environment.TickCount64 - last.ReadAt > s_period.TotalMilliseconds)
            _last = last = new ReadToken(GivenFile.ReadText(path).Trim(), Environment.TickCount64);
        return Task.FromResult(new AuthenticationHeaderValue("Bearer", last.Token));
    }
}
