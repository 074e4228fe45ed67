using System.Net.Sockets;
using System.Text.Json;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Cli.Handlers.Agents;

/// <summary>
/// A reader's connection to the agent of this container. While it is open, the agent writes its files often enough to read along.
/// </summary>
internal sealed class AgentConnection : IDisposable
{
    /// <summary>An environment variable with the path of the agent's socket. The image sets it; empty: no agent is looked for.</summary>
    public const string VariableName = "TCPTRACER_AGENT";

    /// <summary>Where an agent listens unless it is told otherwise.</summary>
    public const string UsualPath = "/run/tcptracer/agent.sock";

    private const int LongestStatus = 256 * 1024, PatienceMilliseconds = 5000;
    private readonly Socket _socket;

    private AgentConnection(Socket socket, AgentStatus status) => (_socket, Status) = (socket, status);

    /// <summary>What the agent said when we connected.</summary>
    public AgentStatus Status { get; }

    private static string? GivenPath => Environment.GetEnvironmentVariable(VariableName) is { Length: > 0 } path ? path : null;

    /// <summary>Where the agent of this container listens, or would.</summary>
    public static string DefaultPath => GivenPath ?? UsualPath;

    /// <summary>The agent that the environment names; null: it names none, or none answers there.</summary>
    public static AgentConnection? Find()
    {
        if (GivenPath is not { } path)
            return null;
        AgentConnection? agent = Open(path);
        if (agent is null && File.Exists(path))
        {
            Messages.Say($"no agent listens any more at {Sentence.File(path)}, which {VariableName} names: "
                + "its files stay, and probes are loaded here");
        }
        return agent;
    }

    /// <summary>The agent at a path.</summary>
    /// <exception cref="UserException">None answers there.</exception>
    public static AgentConnection Require(string path) => Open(path) ?? throw new UserException(
        $"no agent listens at {Sentence.File(path)}: start one with `tcptracer agent`, or name its socket with --socket", ExitCode.Failed);

    /// <summary>Whether somebody listens at a path.</summary>
    public static bool IsAnswered(string path)
    {
        using Socket? socket = Connect(path);
        return socket is not null;
    }

    private static Socket? Connect(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
        {
            ReceiveTimeout = PatienceMilliseconds,
        };
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return socket;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
        {
            socket.Dispose();
            throw new UserException(
                $"you may not connect to the agent at {Sentence.File(path)}: be the user that it runs as", ExitCode.Failed);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            socket.Dispose();
            return null;
        }
    }

    private static AgentConnection? Open(string path)
    {
        if (Connect(path) is not { } socket)
            return null;
        try
        {
            return new AgentConnection(socket, Read(socket));
        }
        catch (Exception e) when (e is SocketException or JsonException or IOException)
        {
            socket.Dispose();
            throw new UserException($"what listens at {Sentence.File(path)} does not answer as an agent of this version does: "
                + $"{(e is JsonException ? "it says something else" : Messages.Foreign(e.Message))} "
                + $"({VariableName}= looks for no agent)", ExitCode.Failed);
        }
    }

    private static AgentStatus Read(Socket socket)
    {
        byte[] line = new byte[LongestStatus];
        int length = 0;
        while (length < line.Length && !line.AsSpan(0, length).Contains((byte)'\n'))
        {
            int read = socket.Receive(line.AsSpan(length));
            if (read == 0)
                throw new IOException("it ended the connection");
            length += read;
        }
        return JsonSerializer.Deserialize(line.AsSpan(0, length), AgentJson.Default.AgentStatus) ?? throw new JsonException("null");
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
