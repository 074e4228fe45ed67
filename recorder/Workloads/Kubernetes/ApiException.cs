using System.Net;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>The API server has answered with an error.</summary>
/// <param name="status">An HTTP status, or the code of an error within a watch.</param>
/// <param name="message">What the server says; may be empty.</param>
internal sealed class ApiException(int status, string message) : Exception(message)
{
    /// <summary>An HTTP status, or the code of an error within a watch.</summary>
    public int Status => status;

    /// <summary>How long the server wants us to wait; zero: it does not say.</summary>
    public TimeSpan RetryAfter { get; init; }

    /// <summary>The server no longer has that version or page.</summary>
    public bool IsGone => status == (int)HttpStatusCode.Gone;

    /// <summary>The server redirects to another.</summary>
    public bool IsRedirect => status is >= 300 and < 400;

    /// <summary>The server does not accept our credentials.</summary>
    public bool IsUnauthorized => status == (int)HttpStatusCode.Unauthorized;

    /// <summary>The server knows us, and does not allow it.</summary>
    public bool IsForbidden => status == (int)HttpStatusCode.Forbidden;

    /// <summary>The user that the server takes us for; empty: it does not say. Only the text of the message has it.</summary>
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
