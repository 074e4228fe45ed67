using System.Net;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>The API server has answered, but not with what was asked for.</summary>
internal sealed class ApiException(int status, string message) : Exception(message)
{
    /// <summary>An HTTP status, also where it came within a watch.</summary>
    public int Status => status;

    /// <summary>How long it wants to be left alone.</summary>
    public TimeSpan RetryAfter { get; init; }

    /// <summary>That version or page is not kept any longer.</summary>
    public bool IsGone => status == (int)HttpStatusCode.Gone;

    /// <summary>Somebody else is to be asked.</summary>
    public bool IsRedirect => status is >= 300 and < 400;

    /// <summary>It does not know us.</summary>
    public bool IsUnauthorized => status == (int)HttpStatusCode.Unauthorized;

    /// <summary>It knows us, but we may not.</summary>
    public bool IsForbidden => status == (int)HttpStatusCode.Forbidden;

    /// <summary>Whom it took us for, where it says so; empty: it does not.</summary>
    public string User
    {
        get
        {
            const string mark = "User \"";
            int start = Message.IndexOf(mark, StringComparison.Ordinal) + mark.Length;
            int end = start < mark.Length ? -1 : Message.IndexOf('"', start);
            return end < 0 ? "" : Message[start..end];
        }
    }
}
