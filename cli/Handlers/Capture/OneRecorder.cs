using System.Net.Sockets;
using System.Text;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Cli.Handlers.Capture;

/// <summary>
/// In the container image, only one process at a time records: the memory of the container is enough for one, and a second recorder must
/// not cost the first one its life. The recorder listens on an abstract unix socket, and answers with the name of the file that it writes.
/// The kernel removes the socket with the process, it needs no writable directory, and all containers of a pod see it. Elsewhere any number
/// may record: docs/decisions/0006.
/// </summary>
internal sealed class OneRecorder : IDisposable
{
    /// <summary>An environment variable that the image sets.</summary>
    public const string VariableName = "TCPTRACER_ONE_RECORDER";

    private const int LongestAnswer = 4096, PatienceMilliseconds = 1000;
    private static readonly UnixDomainSocketEndPoint s_sign = new("\0tcptracer.recorder");
    private readonly Socket _socket;

    private OneRecorder(Socket socket)
    {
        _socket = socket;
    }

    /// <summary>Returns the name of the file that is being written; empty: there is none.</summary>
    public Func<string> File { get; set; } = () => "";

    private static bool IsWanted => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(VariableName));

    private static Socket NewSocket() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <summary>Makes this process the recorder of the container; null: any number may record here.</summary>
    /// <exception cref="UserException">Another process is the recorder.</exception>
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
            Sentence remedy = Ask() is { Length: > 0 } file
                ? Sentence.Of($"look at what it writes: tcptracer show -f {Sentence.File(file)}") : "end that one first";
            Sentence why = $"a recorder runs in this container already, whose memory is for one: {remedy} ({VariableName}= lets both run)";
            throw new UserException(why, ExitCode.Failed);
        }
        socket.Listen();
        var recorder = new OneRecorder(socket);
        _ = recorder.AnswerAsync();
        return recorder;
    }

    /// <summary>
    /// The file that the recorder of the container writes; empty: none that can be read; null: there is no recorder, or any number may
    /// record.
    /// </summary>
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
            return ""; // the recorder is there, but busy or stopped
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
                await Task.Delay(PatienceMilliseconds).ConfigureAwait(false); // the asking process has gone, or no descriptor is left
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
