using System.Net.Http;
using System.Security.Authentication;
using System.Text.Json;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Words;
using k8s.Exceptions;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>Why a resource cannot be had.</summary>
/// <param name="Kind">Whose affair that is.</param>
/// <param name="Verb">What was tried: <c>list</c> or <c>watch</c>.</param>
/// <param name="Why">In a few words; for a refusal: as whom.</param>
internal sealed record ApiTrouble(ApiTroubleKind Kind, string Verb, string Why)
{
    public static ApiTrouble Of(Exception e, string verb) => e switch
    {
        NoTlsException => new ApiTrouble(ApiTroubleKind.NoTls, verb, e.Message),
        ApiException { IsForbidden: true } api => new ApiTrouble(ApiTroubleKind.Forbidden, verb, api.User),
        ApiException { IsUnauthorized: true } => new ApiTrouble(ApiTroubleKind.Unauthorized, verb, ""),
        ApiException { IsRedirect: true } api => new ApiTrouble(
            ApiTroubleKind.NoAnswer, verb, $"it answers {api.Status} and sends us elsewhere, where we do not go with these credentials: name the API server itself in the kubeconfig"),
        ApiException api => new ApiTrouble(ApiTroubleKind.NoAnswer, verb, $"it answers {api.Status}{(api.Message.Length > 0 ? ": " : "")}{Short(api.Message)}"),
        TooMuchException => new ApiTrouble(ApiTroubleKind.OddAnswer, verb, $"it sends {e.Message}, which no API server does: check which server the kubeconfig names"),
        JsonException => new ApiTrouble(ApiTroubleKind.OddAnswer, verb, $"it does not answer as an API server does ({Short(e.Message.Split(" Path: ", 2)[0].Split(" LineNumber: ", 2)[0])}): check which server the kubeconfig names"),
        SelectionException or KubeConfigException or PluginException => new ApiTrouble(ApiTroubleKind.NoAnswer, verb, Short(e.Message)),
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => new ApiTrouble(
            ApiTroubleKind.NoAnswer, verb, $"no secure connection can be made: {Short(WhyNotSecure(e).Message)} (the kubeconfig names the server and the cluster's certificate-authority)"),
        HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } or HttpIOException => new ApiTrouble(ApiTroubleKind.NoAnswer, verb, "its answer breaks off"),
        HttpRequestException => new ApiTrouble(ApiTroubleKind.NoAnswer, verb, Short(e.GetBaseException().Message)),
        GivenFileException file => new ApiTrouble(ApiTroubleKind.NoAnswer, verb, $"the token in {Short(file.Message)}"),
        OperationCanceledException => new ApiTrouble(ApiTroubleKind.NoAnswer, verb, "it takes too long"),
        _ => new ApiTrouble(ApiTroubleKind.NoAnswer, verb, $"{e.GetType().Name}: {Short(e.Message)}"),
    };

    /// <summary>What .NET says of a certificate, or OpenSSL where .NET says nothing.</summary>
    private static Exception WhyNotSecure(Exception e) => Innermost<AuthenticationException>(e) is { InnerException: { } inner } ? inner.GetBaseException() : Innermost<AuthenticationException>(e);

    private static Exception Innermost<T>(Exception e) where T : Exception => e is T or { InnerException: null } ? e : Innermost<T>(e.InnerException);

    private static string Short(string text) => ForeignWords.Short(text);
}

/// <summary>Whose affair a trouble is.</summary>
internal enum ApiTroubleKind
{
    /// <summary>The server's or the network's: it concerns all resources alike.</summary>
    NoAnswer,

    /// <summary>The answer's: what it says of other resources may be in order.</summary>
    OddAnswer,

    /// <summary>The credentials': all resources alike, too.</summary>
    Unauthorized,

    /// <summary>This machine's: all resources alike, and only an administrator can change it.</summary>
    NoTls,

    /// <summary>The permissions': each resource for itself.</summary>
    Forbidden,
}
