using System.Net.Sockets;
using System.Text;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Words;

namespace TcpTracer.Cli.Handlers;

/// <summary>
/// In the container image one process at a time records: the container's memory is for one, and who looks at a node must not end the flight recorder.
/// The sign of it is an abstract unix socket, which answers with the file that is being written. The kernel takes it away with the process, it needs no
/// place to write, and all containers of a pod see it. Elsewhere everybody may record: docs/decisions/0006.
/// </summary>
internal sealed class OneRecorder : IDisposable
{
    /// <summary>Set by the image.</summary>
    public const string VariableName = "TCPTRACER_ONE_RECORDER";

    private const int LongestAnswer = 4096, PatienceMilliseconds = 1000;
    private static readonly UnixDomainSocketEndPoint s_sign = new("\0tcptracer.recorder");
    private readonly Socket _socket;

    private OneRecorder(Socket socket)
    {
        _socket = socket;
    }

    /// <summary>Tells which file is being written; empty: none.</summary>
    public Func<string> File { get; set; } = () => "";

    private static bool IsWanted => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(VariableName));

    private static Socket NewSocket() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <summary>From here on it is us; null: everybody may.</summary>
    /// <exception cref="UserException">Another is.</exception>
    public static OneRecorder? Claim()
    {
        if (!IsWanted)
            return null;
        Socket socket = NewSocket();
        try
        {
            socket.Bind(s_sign);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            Sentence look = Ask() is { Length: > 0 } file ? Sentence.Of($"look at what it writes: tcptracer show -f {Sentence.File(file)}") : "end that one first";
            throw new UserException($"a recorder runs in this container already, whose memory is for one: {look} ({VariableName}= lets both run)", ExitCode.Failed);
        }
        socket.Listen();
        var recorder = new OneRecorder(socket);
        _ = recorder.AnswerAsync();
        return recorder;
    }

    /// <summary>The file that the one who records writes; empty: none that can be looked at; null: nobody records, or everybody may.</summary>
    public static string? Find() => IsWanted ? Ask() : null;

    private static string? Ask()
    {
        using Socket socket = NewSocket();
        try
        {
            socket.Connect(s_sign);
        }
        catch (SocketException)
        {
            return null;
        }
        try
        {
            socket.ReceiveTimeout = PatienceMilliseconds;
            byte[] answer = new byte[LongestAnswer];
            return Messages.Foreign(Encoding.UTF8.GetString(answer, 0, socket.Receive(answer)));
        }
        catch (SocketException)
        {
            return ""; // it is there, but busy or stopped
        }
    }

    private async Task AnswerAsync()
    {
        while (true)
        {
            try
            {
                using Socket asking = await _socket.AcceptAsync().ConfigureAwait(false);
                await asking.SendAsync(Encoding.UTF8.GetBytes(File())).ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.OperationAborted)
            {
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(PatienceMilliseconds).ConfigureAwait(false); // who asked has gone, or no descriptor is left
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
