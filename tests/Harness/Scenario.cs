using System.Diagnostics;

namespace TcpTracer.Tests.Harness;

/// <summary>One run of the C program in tests/Live/scenarios, inside the two hosts.</summary>
internal sealed class Scenario : IDisposable
{
    private static readonly string s_program = Path.Combine(TcptracerProgram.Repository, "artifacts", "scenario");
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);
    private readonly Process _process;
    private readonly Task<string> _errors;
    private readonly List<SocketFacts> _facts = [];
    private readonly string _title;

    private Scenario(TwoHosts hosts, string name, SceneKind kind, string argument)
    {
        _title = $"{name} ({kind.Name})";
        string client = $"/run/netns/{hosts.Left}", server = kind.OnOneHost ? client : $"/run/netns/{hosts.Right}";
        _process = Process.Start(new ProcessStartInfo(s_program,
            [name, kind.Program, client, server, kind.ClientAddress, kind.ServerAddress, kind.NobodysAddress, argument])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _errors = _process.StandardError.ReadToEndAsync();
    }

    public static Scenario Start(TwoHosts hosts, string name, SceneKind kind, string argument = "") => new(hosts, name, kind, argument);

    /// <summary>What its sockets have reported so far.</summary>
    public IReadOnlyList<SocketFacts> Facts => _facts;

    /// <summary>Words that it has printed about itself, such as <c>missed</c>.</summary>
    public List<string> Words { get; } = [];

    /// <summary>Runs it until it pauses for us.</summary>
    public void RunToPause()
    {
        while (_process.StandardOutput.ReadLine() is { } line)
        {
            if (line == "ready")
                return;
            Hear(line);
        }
        Finish();
        throw new InvalidOperationException($"{_title} ended without a pause");
    }

    public void GoOn()
    {
        _process.StandardInput.Write('\n');
        _process.StandardInput.Flush();
    }

    public void Finish()
    {
        while (_process.StandardOutput.ReadLine() is { } line)
            Hear(line);
        if (!_process.WaitForExit(s_patience))
            throw new TimeoutException($"{_title} does not end");
        if (_process.ExitCode != 0)
            throw new InvalidOperationException($"{_title}: {_errors.Result}");
    }

    private void Hear(string line)
    {
        if (line.Contains("pid="))
            _facts.Add(SocketFacts.Parse(line));
        else
            Words.Add(line);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}

/// <summary>What a task reported about itself and its socket: <c>who key=value ...</c>.</summary>
internal sealed record SocketFacts(string Who, IReadOnlyDictionary<string, string> Values)
{
    public static SocketFacts Parse(string line)
    {
        string[] words = line.Split(' ');
        return new SocketFacts(words[0], words[1..].Select(w => w.Split('=', 2)).ToDictionary(w => w[0], w => w[1]));
    }

    public string Text(string key) => Values[key];

    public long Number(string key) => long.Parse(Values[key], System.Globalization.CultureInfo.InvariantCulture);

    public SocketFacts With(string key, string value) => this with { Values = new Dictionary<string, string>(Values) { [key] = value } };

    /// <summary>The same facts with the ends of a peer, the other way round.</summary>
    public SocketFacts Facing(SocketFacts peer) =>
        With("saddr", peer.Text("daddr")).With("sport", peer.Text("dport")).With("daddr", peer.Text("saddr"))
            .With("dport", peer.Text("sport"));

    public override string ToString() => $"{Who} {string.Join(' ', Values.Select(v => $"{v.Key}={v.Value}"))}";
}
