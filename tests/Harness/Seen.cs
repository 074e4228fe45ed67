using System.Text.Json;
using TcpTracer.Formats.Values;
using Xunit;

namespace TcpTracer.Tests.Harness;

/// <summary>One line of JSON that the recorder printed.</summary>
internal sealed class SeenEvent(string line)
{
    private readonly JsonElement _json = JsonDocument.Parse(line).RootElement;

    public bool Has(string key) => _json.TryGetProperty(key, out _);

    public string? Text(string key) => _json.TryGetProperty(key, out JsonElement value) ? value.ToString() : null;

    public long Number(string key) => _json.TryGetProperty(key, out JsonElement value)
        ? value.GetInt64() : throw new Xunit.Sdk.XunitException($"there is no {key} in {line}");

    /// <summary>The event in a few words: operation, errno, reason.</summary>
    public string Story => string.Join(' ', new[] { Text("operation"), Text("error"), Text("reason") }.Where(w => w is not null));

    public bool IsEnd => Text("operation") is "close" or "unknown";

    public override string ToString() => line;
}

/// <summary>Exceptions from the usual rules for an event.</summary>
internal sealed record Unlike
{
    /// <summary>The actor, if the usual rule does not give it.</summary>
    public SocketFacts? Actor { get; init; }

    /// <summary>The descriptor is not known, because the owner cannot be asked (io_uring).</summary>
    public bool NoFd { get; init; }

    /// <summary>The thread is a worker of the kernel with any id.</summary>
    public bool AnyTid { get; init; }

    /// <summary>The connection is older than the recorder, so it has no latency and no duration.</summary>
    public bool NoStart { get; init; }

    /// <summary>The connection ended while it waited to be accepted, so it has no duration.</summary>
    public bool EndedUnseen { get; init; }

    /// <summary>Its own hook did not report the event; the hook of the close did.</summary>
    public bool Late { get; init; }

    /// <summary>The actor may be a worker of the kernel.</summary>
    public bool AnyActor { get; init; }

    /// <summary>The socket is a plain TCP one, although the kind of connection is MPTCP.</summary>
    public bool IsPlain { get; init; }
}

/// <summary>An event is wrong and not late, so nothing excuses it.</summary>
internal sealed class WrongEventException(string message) : Xunit.Sdk.XunitException(message);

/// <summary>
/// The recorded events of a scenario, beside what its sockets reported. The kernel may cause an event to be late. Then the scenario is
/// played again, but only if everything about the other events is right.
/// </summary>
internal sealed class Seen(SceneKind kind, Scenario scene, SeenEvent[] events, SeenEvent[] late)
{
    private readonly HashSet<SeenEvent> _told = [];

    /// <summary>Whether an event was late that should not have been.</summary>
    public bool WasToldLate { get; private set; }

    public SceneKind Kind => kind;

    public Scenario Scene => scene;

    public IReadOnlyList<SeenEvent> Events => events;

    public SocketFacts Facts(string who) => Assert.Single(scene.Facts, f => f.Who == who);

    /// <summary>
    /// Checks that the socket of <paramref name="who"/> has exactly these events, in this order, and that each field has the value that the
    /// socket's owner reported.
    /// </summary>
    public SeenEvent[] Tells(string who, params string[] story) => Tells(Facts(who), new Unlike(), story);

    public SeenEvent[] Tells(string who, Unlike unlike, params string[] story) => Tells(Facts(who), unlike, story);

    public SeenEvent[] Tells(SocketFacts facts, Unlike unlike, params string[] story)
    {
        SeenEvent[] own = [.. events.Where(e => !_told.Contains(e) && IsOf(e, facts))];
        SeenEvent[] tooLate =
            [.. own.Where(e => IsTooLate(e, unlike)), .. late.Where(e => !_told.Contains(e) && !own.Contains(e) && IsOf(e, facts))];
        if (tooLate.Length == 0)
            Assert.Equal(story, own.Select(e => e.Story));
        else
            ExcuseLateness(tooLate, [.. own.Except(tooLate)], story);
        _told.UnionWith(tooLate);
        foreach (SeenEvent e in own.Except(tooLate))
        {
            _told.Add(e);
            CheckOwner(e, facts, unlike);
            CheckEnds(e, facts, unlike);
            CheckTimes(e, unlike);
            if (e.IsEnd)
                CheckEnd(e, facts, unlike);
        }
        if (story.Length == 2 && own.Length == 2 && own[1].IsEnd)
            Equal(own[0].Text("conn"), own[1].Text("conn"), "conn");
        return own;
    }

    private static bool IsTooLate(SeenEvent e, Unlike unlike) => e.Has("late") && !(unlike.Late && !e.IsEnd);

    /// <summary>Checks that all events that are not late belong to the story, in its order, and that none is repeated.</summary>
    private void ExcuseLateness(SeenEvent[] tooLate, SeenEvent[] inTime, string[] story)
    {
        WasToldLate = true;
        int at = 0;
        foreach (SeenEvent e in inTime)
        {
            at = Array.IndexOf(story, e.Story, at) + 1;
            if (at == 0)
                throw new WrongEventException($"'{e.Story}' came in time and is not (there) in the story: {string.Join(", ", story)}\n{e}");
        }
        if (tooLate.Length + inTime.Length > story.Length)
            throw new WrongEventException($"{tooLate.Length + inTime.Length} events instead of {story.Length}: {string.Join(", ", story)}");
    }

    /// <summary>Checks that there was no unexpected event. A late one may belong to another scenario.</summary>
    public void CheckNothingElse()
    {
        SeenEvent[] others = [.. events.Where(e => !_told.Contains(e))];
        WasToldLate |= others.Any(e => e.Has("late"));
        if (others.FirstOrDefault(e => !e.Has("late")) is not null)
            throw new WrongEventException($"nobody expected this:\n{string.Join('\n', others.Select(e => e.ToString()))}");
        if (_told.Count == 0 && !WasToldLate)
            throw new WrongEventException("nothing was told of it");
        CheckFlows();
    }

    /// <summary>
    /// Checks that all events of both ends of a connection have the same flow. Only an attempt that never became a connection, or one older
    /// than the recorder, has none.
    /// </summary>
    private void CheckFlows()
    {
        foreach (SeenEvent e in events.Where(e => e.Text("operation") is "connect" or "accept" && !e.Has("late")))
        {
            string flow = e.Text("flow") ?? throw new WrongEventException($"there is no flow in {e}");
            foreach (SeenEvent other in events.Where(o => o.Has("flow") && (o.Text("conn") == e.Text("conn") || IsOtherEnd(e, o))))
                Assert.True(other.Text("flow") == flow, $"the same connection, with different flows:\n{e}\n{other}");
        }
    }

    private static bool IsOtherEnd(SeenEvent one, SeenEvent other) =>
        one.Number("sport") == other.Number("dport") && one.Number("dport") == other.Number("sport") &&
        one.Text("saddr") == other.Text("daddr") && one.Text("daddr") == other.Text("saddr") && one.Number("netns") != 0;

    /// <summary>Ignores the connection that only fills the queue of a listener.</summary>
    public void PassOverFiller()
    {
        foreach (SocketFacts filler in scene.Facts.Where(f => f.Who == "filler"))
            PassOver(e => e.Number("netns") == filler.Number("netns")
                && (e.Number("sport") == filler.Number("sport") || e.Number("dport") == filler.Number("sport")));
    }

    /// <summary>Ignores such events, if there are any.</summary>
    public void PassOverIfAny(Func<SeenEvent, bool> which) => _told.UnionWith(events.Where(which));

    /// <summary>Checks that there are such events, and ignores what they say.</summary>
    public void PassOver(Func<SeenEvent, bool> which)
    {
        SeenEvent[] passed = [.. events.Where(which)];
        Assert.NotEmpty(passed);
        _told.UnionWith(passed);
    }

    private static bool IsOf(SeenEvent e, SocketFacts facts) =>
        e.Number("netns") == facts.Number("netns") && e.Number("dport") == facts.Number("dport") &&
        (facts.Number("sport") != 0 ? e.Number("sport") == facts.Number("sport") : e.Number("pid") == facts.Number("pid"));

    private static void CheckOwner(SeenEvent e, SocketFacts facts, Unlike unlike)
    {
        foreach (string key in new[] { "pid", "uid", "gid", "ppid", "netns", "mntns", "cgroup" })
            Equal(facts.Number(key), e.Number(key), key);
        if (!unlike.AnyTid)
            Equal(facts.Number("tid"), e.Number("tid"), "tid");
        foreach (string key in new[] { "comm", "pcomm" })
            Equal(facts.Text(key), e.Text(key), key);
        if (facts.Number("cgroup_v1") != 0)
            Equal(facts.Number("cgroup_v1"), e.Number("cgroup_v1"), "cgroup_v1");
        if (unlike.NoFd)
            Equal(false, e.Has("fd"), "fd");
        else
            Equal(facts.Number("fd"), e.Number("fd"), "fd");
        Equal(e.IsEnd ? "stored" : "task", e.Text("attribution"), "attribution");
        Equal(unlike.Late && !e.IsEnd, e.Has("late"), "late");
    }

    private void CheckEnds(SeenEvent e, SocketFacts facts, Unlike unlike)
    {
        if (facts.Number("sport") != 0)
        {
            // the socket has forgotten it after the failure
            Equal(facts.Text("saddr") is "0.0.0.0" or "::" ? kind.ClientAddress : facts.Text("saddr"), e.Text("saddr"), "saddr");
            Equal(facts.Number("sport"), e.Number("sport"), "sport");
        }
        Equal(facts.Text("daddr"), e.Text("daddr"), "daddr");
        Equal(facts.Number("dport"), e.Number("dport"), "dport");
        Equal((long)kind.Version, e.Number("ipversion"), "ipversion");
        Equal((unlike.NoFd ? kind.IsMptcp : facts.Number("mptcp") == 1) && !unlike.IsPlain, e.Has("mptcp"), "mptcp");
    }

    private static void CheckTimes(SeenEvent e, Unlike unlike)
    {
        string? key = e.IsEnd ? "duration_ns" : e.Text("operation") != "existing" && !e.Has("no_syn") ? "latency_ns" : null;
        foreach (string time in new[] { "duration_ns", "latency_ns" })
        {
            if (e.Has("no_syn"))
                continue;
            if (time == key && !unlike.NoStart && !(unlike.EndedUnseen && e.IsEnd) && !e.Has("late"))
                Assert.InRange(e.Number(time), 1, 60_000_000_000);
            else
                Equal(false, e.Has(time), time);
        }
    }

    private void CheckEnd(SeenEvent e, SocketFacts facts, Unlike unlike)
    {
        Equal(facts.Number("sent"), e.Number("sent_bytes"), "sent_bytes");
        Equal(facts.Number("received"), e.Number("received_bytes"), "received_bytes");
        if (e.Text("operation") == "unknown")
        {
            Assert.False(e.Has("actor_pid"), "nobody closed it, least of all the peer");
            return;
        }
        SocketFacts actor = unlike.Actor ?? facts;
        if ((unlike.AnyActor || kind.IsMptcp) && !e.Has("actor_pid"))
            return;
        Equal(actor.Number("pid"), e.Number("actor_pid"), "actor_pid");
        Equal(actor.Text("comm"), e.Text("actor_comm"), "actor_comm");
    }

    private static void Equal<T>(T expected, T actual, string what)
    {
        if (!Equals(expected, actual))
            throw new WrongEventException($"{what}: the socket's owner said {expected}, the recorder {actual}");
    }

    /// <summary>The name of the errno that the socket's owner saw.</summary>
    public string ErrorOf(string who) => Errno.NameOf((ushort)Facts(who).Number("errno"));
}
