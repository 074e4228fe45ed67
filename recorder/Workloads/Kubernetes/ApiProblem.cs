using System.Security.Authentication;
using System.Text.Json;
using k8s.Exceptions;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Strings;
using TcpTracer.Recorder.Machine;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>Why a resource cannot be read.</summary>
/// <param name="Kind">What is to blame.</param>
/// <param name="Verb">What was tried: <c>list</c> or <c>watch</c>.</param>
/// <param name="Why">The reason in a few words; for <see cref="ApiProblemKind.Forbidden"/> the user.</param>
internal sealed record ApiProblem(ApiProblemKind Kind, string Verb, string Why)
{
    /// <summary>The problem behind an exception.</summary>
    public static ApiProblem Of(Exception e, string verb) => e switch
    {
        NoTlsException => new ApiProblem(ApiProblemKind.NoTls, verb, e.Message),
        ApiException { IsForbidden: true } api => new ApiProblem(ApiProblemKind.Forbidden, verb, api.User),
        ApiException { IsUnauthorized: true } => new ApiProblem(ApiProblemKind.Unauthorized, verb, ""),
        TooMuchException => new ApiProblem(ApiProblemKind.OddAnswer, verb,
            $"it sends {e.Message}, which no API server does: check which server the kubeconfig names"),
        JsonException => new ApiProblem(ApiProblemKind.OddAnswer, verb,
            $"it does not answer as an API server does ({WithoutPlace(e.Message)}): check which server the kubeconfig names"),
        HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } =>
            new ApiProblem(ApiProblemKind.OddAnswer, verb, WhyNoAnswer(e)), // endless headers: answers about other resources may be good
        _ => new ApiProblem(ApiProblemKind.NoAnswer, verb, WhyNoAnswer(e)),
    };

    private static string WhyNoAnswer(Exception e) => e switch
    {
        ApiException { IsRedirect: true } api =>
            $"it answers {api.Status} and sends us elsewhere, where we do not go with these credentials: "
            + "name the API server itself in the kubeconfig",
        ApiException api => $"it answers {api.Status}{(api.Message.Length > 0 ? ": " : "")}{Short(api.Message)}",
        SelectionException or KubeConfigException or PluginException => Short(e.Message),
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } =>
            $"no secure connection can be made: {Short(WhyNotSecure(e).Message)} "
            + "(the kubeconfig names the server and the cluster's certificate-authority)",
        HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } or HttpIOException => "its answer breaks off",
        HttpRequestException => Short(e.GetBaseException().Message),
        GivenFileException file => $"the token in {Short(file.Message)}",
        OperationCanceledException => "it takes too long",
        _ => $"{e.GetType().Name}: {Short(e.Message)}",
    };

    /// <summary>.NET appends to its message where in the JSON it stopped.</summary>
    private static string WithoutPlace(string message) => Short(message.Split(" Path: ", 2)[0].Split(" LineNumber: ", 2)[0]);

    /// <summary>.NET's reason to reject a certificate; if it has none, OpenSSL's.</summary>
    private static Exception WhyNotSecure(Exception e)
    {
        Exception authentication = FirstOf<AuthenticationException>(e);
        return authentication.InnerException is { } inner ? inner.GetBaseException() : authentication;
    }

    /// <summary>The outermost exception of a type; if there is none, the innermost of all.</summary>
    private static Exception FirstOf<T>(Exception e) where T : Exception =>
        e is T or { InnerException: null } ? e : FirstOf<T>(e.InnerException);

    private static string Short(string text) => ForeignText.FirstLine(text);
}

/// <summary>What is to blame for a problem.</summary>
internal enum ApiProblemKind
{
    /// <summary>The server, or the network: all resources have it.</summary>
    NoAnswer,

    /// <summary>The answer: those about other resources may be good.</summary>
    OddAnswer,

    /// <summary>The credentials: all resources have it.</summary>
    Unauthorized,

    /// <summary>This machine: all resources have it, and only an administrator can change that.</summary>
    NoTls,

    /// <summary>The permissions: each resource has its own.</summary>
    Forbidden,
}
