using System.Net.Sockets;
using System.Text.Json;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Strings;
using TcpTracer.Recorder.Targets;

namespace TcpTracer.Cli.Handlers.Agents;

/// <summary>
/// The socket of an agent. Each reader gets one line, the <see cref="AgentStatus"/>, and stays connected while it reads the files of the
/// agent: then they are written more often. Nothing else goes through the socket, so no reader can hold up the recording:
/// docs/decisions/0012. Only the user of the agent may connect.
/// </summary>
internal sealed class AgentSocket : IDisposable
{
    private const int MostReaders = 1024;
    private const UnixFileMode OwnersOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>How often files are written while somebody reads them, and while nobody does.</summary>
    private static readonly TimeSpan s_whileRead = TimeSpan.FromMilliseconds(200), s_else = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private Func<int, AgentStatus> _status = null!;
    private int _readers;

    /// <summary>Takes the place of the socket. Nobody can connect yet.</summary>
    /// <exception cref="UserException">Another agent listens there, or the socket cannot be made.</exception>
    public AgentSocket(string path)
    {
        _path = path;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/");
            if (AgentConnection.IsAnswered(path))
            {
                throw new UserException(
                    $"an agent listens at {Sentence.File(path)} already: read what it records with `tcptracer`, "
                        + $"or choose another --socket", ExitCode.Failed);
            }
            if (FileFacts.Of(path, follow: false) is { Kind: not FileKind.Socket })
            {
                throw new UserException(
                    $"{Sentence.File(path)} is there already and is no socket: name another place with --socket", ExitCode.Failed);
            }
            File.Delete(path); // that of an agent that was killed
            _socket.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, OwnersOnly); // before anybody can connect
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SocketException or ArgumentException)
        {
            _socket.Dispose();
            throw new UserException(
                $"no socket can be made at {Sentence.File(path)}: {Messages.Foreign(e.Message)} (--socket names another)", ExitCode.Failed);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    /// <summary>How long an event may wait for its file.</summary>
    public TimeSpan PauseEvery => Volatile.Read(ref _readers) > 0 ? s_whileRead : s_else;

    /// <summary>From now on readers are answered.</summary>
    /// <param name="status">Makes the answer from the number of readers; on any thread.</param>
    public void Serve(Func<int, AgentStatus> status)
    {
        _status = status;
        _socket.Listen(MostReaders);
        _ = AcceptAsync();
    }

    /// <summary>Has events written often enough for those who read along.</summary>
    public IEventSink FlushForReaders(RecordingTarget target, IEventSink next) =>
        new FlushingSink(target, next, () => Volatile.Read(ref _readers) > 0 ? s_whileRead : null);

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                _ = ServeAsync(await _socket.AcceptAsync().ConfigureAwait(false));
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(s_else).ConfigureAwait(false); // no descriptor is left
            }
        }
    }

    private async Task ServeAsync(Socket reader)
    {
        using Socket owned = reader;
        int readers = Interlocked.Increment(ref _readers);
        try
        {
            byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(_status(readers), AgentJson.Default.AgentStatus), (byte)'\n'];
            await reader.SendAsync(line).ConfigureAwait(false);
            byte[] ignored = new byte[64];
            while (await reader.ReceiveAsync(ignored).ConfigureAwait(false) > 0)
            {
                // a reader has nothing to say
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // it has gone
        }
        finally
        {
            Interlocked.Decrement(ref _readers);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _socket.Dispose();
        try
        {
            File.Delete(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // the next agent replaces it
        }
    }
}
