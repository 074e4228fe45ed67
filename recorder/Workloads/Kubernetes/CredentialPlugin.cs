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
/// A credential plug-in: the command in a kubeconfig (<c>exec</c>) that prints a token or a certificate. It runs as the user who
/// records, as under kubectl. The library's own provider would split arguments at their spaces, run a program of that name from
/// the working directory, and read without a limit.
/// </summary>
/// <param name="command">As the kubeconfig has it, but a path is absolute.</param>
/// <param name="longest">How long it may take.</param>
internal sealed class CredentialPlugin(ExternalExecution command, TimeSpan longest) : ITokenProvider
{
    private const string InfoVariable = "KUBERNETES_EXEC_INFO";
    private static readonly TimeSpan s_early = TimeSpan.FromSeconds(30);
    private volatile ExecStatus? _answer;

    /// <summary>Whether it has printed a token.</summary>
    public bool HasToken => !string.IsNullOrEmpty(_answer?.Token);

    /// <summary>The certificate that it has printed; null: none.</summary>
    /// <exception cref="PluginException">The certificate cannot be used.</exception>
    public X509Certificate2? Certificate
    {
        get
        {
            try
            {
                return _answer is { ClientCertificateData: { Length: > 0 } certificate, ClientKeyData: { Length: > 0 } key }
                    ? X509Certificate2.CreateFromPem(certificate, key)
                    : null;
            }
            catch (CryptographicException e)
            {
                throw Failed($"prints a certificate that cannot be used: {e.Message}");
            }
        }
    }

    /// <summary>Runs the command and keeps what it prints.</summary>
    /// <exception cref="PluginException">It prints no credentials.</exception>
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
        bool isPath = command.Command?.Contains('/') == true;
        string? program = isPath ? command.Command : SearchPath.Find(command.Command ?? "");
        if (program is null || !File.Exists(program))
        {
            string hint = string.IsNullOrWhiteSpace(command.InstallHint) ? "" : $" ({command.InstallHint.Trim()})";
            throw Failed($"is {(isPath ? "not there" : "in no folder of PATH")}{hint}");
        }
        var start = new ProcessStartInfo(program, command.Arguments ?? []);
        var request = new ExecRequest(command.ApiVersion, "ExecCredential", new ExecSpec(false));
        start.Environment[InfoVariable] = JsonSerializer.Serialize(request, ApiJson.Default.ExecRequest);
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
            if (answer?.Status is { } status
                && (!string.IsNullOrEmpty(status.Token) || !string.IsNullOrEmpty(status.ClientCertificateData)))
            {
                return answer.ApiVersion == command.ApiVersion
                    ? status
                    : throw Failed($"prints credentials of {answer.ApiVersion}, but the kubeconfig wants {command.ApiVersion}");
            }
        }
        catch (JsonException)
        {
            // not JSON: no credentials either
        }
        throw Failed($"prints no credentials (an ExecCredential of {command.ApiVersion}, as JSON); run it in a shell to see what it does");
    }

    private PluginException Failed(string why) => new($"the credential plug-in '{command.Command}' {why}");

    /// <inheritdoc/>
    public async Task<AuthenticationHeaderValue> GetAuthenticationHeaderAsync(CancellationToken cancellationToken)
    {
        if (_answer?.ExpirationTimestamp is { } end && DateTimeOffset.UtcNow > end - s_early)
            await RunAsync(cancellationToken).ConfigureAwait(false);
        return new AuthenticationHeaderValue("Bearer", _answer?.Token);
    }
}
