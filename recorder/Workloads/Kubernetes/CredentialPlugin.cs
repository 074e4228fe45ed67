using System.Diagnostics;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using k8s.Authentication;
using k8s.KubeConfigModels;
using TcpTracer.Formats.Files;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>
/// The command of a kubeconfig that tells a token or a certificate (<c>exec</c>). It runs as the user who records, as kubectl's do. The library's own provider
/// would break arguments at their spaces, take a program of that name from the working directory, and read without end.
/// </summary>
/// <param name="command">As the kubeconfig has it; a path is absolute already.</param>
/// <param name="longest">How long it may take.</param>
internal sealed class CredentialPlugin(ExternalExecution command, TimeSpan longest) : ITokenProvider
{
    private const string InfoVariable = "KUBERNETES_EXEC_INFO";
    private static readonly TimeSpan s_early = TimeSpan.FromSeconds(30);
    private volatile ExecStatus? _answer;

    public bool HasToken => !string.IsNullOrEmpty(_answer?.Token);

    public X509Certificate2? Certificate
    {
        get
        {
            try
            {
                return _answer is { ClientCertificateData: { Length: > 0 } certificate, ClientKeyData: { Length: > 0 } key } ? X509Certificate2.CreateFromPem(certificate, key) : null;
            }
            catch (CryptographicException e)
            {
                throw Failed($"prints a certificate that cannot be used: {e.Message}");
            }
        }
    }

    /// <exception cref="PluginException">It tells no credentials.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        ProcessStartInfo start = ToStart();
        byte[] printed;
        try
        {
            printed = await PluginRun.AnswerAsync(start, longest, cancellation).ConfigureAwait(false);
        }
        catch (PluginException e)
        {
            throw Failed(e.Message);
        }
        _answer = StatusIn(printed);
    }

    private ProcessStartInfo ToStart()
    {
        string? program = command.Command?.Contains('/') == true ? command.Command : SearchPath.Find(command.Command ?? "");
        if (program is null || !File.Exists(program))
            throw Failed($"is {(command.Command?.Contains('/') == true ? "not there" : "in no folder of PATH")}{(string.IsNullOrWhiteSpace(command.InstallHint) ? "" : $" ({command.InstallHint.Trim()})")}");
        var start = new ProcessStartInfo(program, command.Arguments ?? []);
        start.Environment[InfoVariable] = JsonSerializer.Serialize(new ExecRequest(command.ApiVersion, "ExecCredential", new ExecSpec(false)), ApiJson.Default.ExecRequest);
        foreach (Dictionary<string, string> variable in command.EnvironmentVariables ?? [])
        {
            if (variable.GetValueOrDefault("name") is { Length: > 0 } name)
                start.Environment[name] = variable.GetValueOrDefault("value") ?? "";
        }
        return start;
    }

    private ExecStatus StatusIn(byte[] printed)
    {
        try
        {
            ExecAnswer? answer = JsonSerializer.Deserialize(printed, ApiJson.Default.ExecAnswer);
            if (answer?.Status is { } status && (!string.IsNullOrEmpty(status.Token) || !string.IsNullOrEmpty(status.ClientCertificateData)))
                return answer.ApiVersion == command.ApiVersion ? status : throw Failed($"prints credentials of {answer.ApiVersion}, but the kubeconfig wants {command.ApiVersion}");
        }
        catch (JsonException)
        {
            // no credentials either
        }
        throw Failed($"prints no credentials (an ExecCredential of {command.ApiVersion}, as JSON); run it in a shell to see what it does");
    }

    private PluginException Failed(string why) => new($"the credential plug-in '{command.Command}' {why}");

    public async Task<AuthenticationHeaderValue> GetAuthenticationHeaderAsync(CancellationToken cancellationToken)
    {
        if (_answer?.ExpirationTimestamp is { } end && DateTimeOffset.UtcNow > end - s_early)
            await RunAsync(cancellationToken).ConfigureAwait(false);
        return new AuthenticationHeaderValue("Bearer", _answer?.Token);
    }
}
