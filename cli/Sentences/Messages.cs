using System.Globalization;
using System.Text;
using TcpTracer.Cli.Linux;
using TcpTracer.Formats.Connections;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Recorder.Machine;
using TcpTracer.Replay.Findings;
using TcpTracer.Replay.Reading;
using TcpTracer.Replay.Streams;

namespace TcpTracer.Cli.Sentences;

/// <summary>
/// Prints sentences for people: on stderr, and on standard output where sentences are the results of a command. Each is a <see
/// cref="Sentence"/>, so a terminal obeys no character in it.
/// </summary>
internal static class Messages
{
    private static readonly Lock s_writing = new();
    private static bool s_transientOnScreen;
    private static MemoryStream? s_heldBack;

    public static void Say(Sentence sentence) => Line($"tcptracer: {sentence}");

    public static void Line(Sentence line) => Write(line + "\n", transient: false);

    /// <summary>Keeps what is said until this is disposed: a command that draws on the whole terminal would draw over it.</summary>
    public static IDisposable HoldBack() => new Held();

    private sealed class Held : IDisposable
    {
        private const int MostBytes = 64 * 1024;

        public Held() => s_heldBack = new MemoryStream();

        public void Dispose()
        {
            lock (s_writing)
            {
                _ = StandardDescriptor.Write(StandardDescriptor.Error, s_heldBack!.ToArray());
                s_heldBack = null;
            }
        }

        public static void Keep(byte[] bytes)
        {
            if (s_heldBack!.Length + bytes.Length <= MostBytes)
                s_heldBack.Write(bytes);
        }
    }

    /// <summary>A line of results on standard output.</summary>
    public static void Print(Sentence line) => Console.Out.WriteLine(line.ToString());

    /// <summary>The name of an output in a sentence; <c>-</c> is standard output.</summary>
    public static Sentence Output(string name) => name == "-" ? "standard output" : Sentence.File(name);

    /// <summary>A file that is read, in a sentence.</summary>
    public static Sentence Input(string name) => name == "-" ? "standard input" : Sentence.File(name);

    /// <summary>A line that the next line overwrites. For terminals only.</summary>
    public static void Transient(Sentence line) => Write(line.ToString(), transient: true);

    /// <summary>Takes a transient line away.</summary>
    public static void ClearTransient()
    {
        if (s_transientOnScreen)
            Write("", transient: false);
    }

    /// <summary>Whether there is a terminal for transient lines.</summary>
    public static bool HasTerminal =>
        !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

    private static void Write(string text, bool transient)
    {
        const string clearLine = "\r\e[K";
        lock (s_writing)
        {
            // If stderr is closed or full, or its reader is gone, nobody listens: that is no failure
            byte[] bytes = Encoding.UTF8.GetBytes(transient || s_transientOnScreen ? clearLine + text : text);
            if (s_heldBack is not null)
            {
                Held.Keep(bytes);
                return;
            }
            _ = StandardDescriptor.Write(StandardDescriptor.Error, bytes);
            s_transientOnScreen = transient;
        }
    }

    /// <summary>What is wrong with a trace, where, and what to try.</summary>
    public static string Of(TraceDamage damage)
    {
        long offset = damage.Offset;
        string expected = Foreign(damage.Expected), actual = Foreign(damage.Actual), difference = $"expected {expected}, found {actual}";
        return damage.Fault switch
        {
            TraceFault.NotATrace => $"this is not a trace: at offset {offset} {difference}; `tcptracer record -o FILE` writes traces",
            TraceFault.TooNew =>
                $"this trace needs a newer tcptracer: at offset {offset} {difference}; show it with that version or a later one",
            TraceFault.CutTail =>
                $"the trace is cut off at offset {offset} ({expected} expected, {actual} there); everything before is good",
            TraceFault.MissingBlock => $"before offset {offset} a block is missing: {difference}",
            TraceFault.OutOfOrder => $"at offset {offset} a block is repeated or out of order: {difference}",
            _ => $"damaged at offset {offset}: {difference}",
        };
    }

    /// <summary>What ended the reading of a packed trace.</summary>
    public static string Of(PackedTrace packed)
    {
        string packing = packed.Packing.ToString().ToLowerInvariant(), place = $"after {Size(packed.PackedBytes)} of {packing} data";
        string read = packed.IsEmpty ? "nothing could be read" : "what came before was read";
        string unpack = $"`{UnpackingPrograms.UnlimitedFor(packed.Packing)} FILE | tcptracer show -`";
        return packed.Fault switch
        {
            PackingFault.Cut => $"{place} the file ends in the middle: it was not copied whole; {read}",
            PackingFault.TooLarge => $"{place} it unpacks to more than any trace would; to read it all the same: {unpack}",
            PackingFault.TooMuchMemory => $"to unpack it takes more memory than a trace is given: unpack it first, as in {unpack}",
            _ => $"{place} the data are damaged; {read}",
        };
    }

    /// <summary>What a list of damages leaves out.</summary>
    public static string More(DamageList damages) => $"and {Count(damages.More, "more damage")}";

    /// <summary>Why --enrich hindsight had no effect.</summary>
    public const string TooMuchForHindsight =
        "the trace holds more names than --enrich hindsight can keep in memory: its events are named as they were seen";

    /// <summary>Text from a file, shortened: it may be longer than a sentence can bear.</summary>
    public static string Foreign(string words)
    {
        const int plenty = 200;
        return words.Length <= plenty ? words : words[..(char.IsHighSurrogate(words[plenty - 1]) ? plenty - 1 : plenty)] + "...";
    }

    /// <summary>The closing lines about loss: one, or one for each cause.</summary>
    public static void SayLost(IEnumerable<KeyValuePair<LossSource, long>> lost, long hooksSkipped)
    {
        if (hooksSkipped > 0)
        {
            Line($"{Count(hooksSkipped, "hook")} skipped by the kernel, "
                + $"which was at another one on that processor; most events are made good from later hooks");
        }
        bool any = false;
        foreach ((LossSource source, long count) in lost)
        {
            if (count == 0)
                continue;
            any = true;
            Line($"{Lost(source, count)}: {LossWords.Explain(source)}");
        }
        if (!any)
            Line("0 events lost");
    }

    /// <summary>What events are hidden though nothing was selected.</summary>
    public static Sentence OnlyIfAsked(long hidden) =>
        $"{Count(hidden, "event")} `existing` or `progress`, which only --existing or --op select";

    /// <summary>What a selection hides, behind a closing line.</summary>
    public static Sentence HiddenBy(TraceSelection selection) => selection.Hidden == 0 ? Sentence.None
        : selection.Filter.Description.Length > 0 || selection.Window is not null
        ? Sentence.Of($"; the selection hides {Count(selection.Hidden, "event")}")
        : Sentence.Of($"; left out are {OnlyIfAsked(selection.Hidden)}");

    /// <summary>Says that there were more connections at once than are followed.</summary>
    public static void SayLetGo(ConnectionTracker? tracker, int limit = ConnectionTracker.UsualLimit)
    {
        if (tracker is { LetGo: > 0 and var many })
        {
            Say($"more than {limit} connections were open at once: the oldest {many} were shown before their end, "
                + $"and what came later of these has a row of its own");
        }
    }

    /// <summary>Says that connections count twice, because one end of each is in another file.</summary>
    public static void SayCountedTwice(ConnectionTracker? tracker)
    {
        if (tracker is { CountedTwice: > 0 and var twice })
            Say(CountedTwice(twice));
    }

    /// <summary>That connections count twice, because one end of each is in another file.</summary>
    public static Sentence CountedTwice(long connections) => $"these traces overlap in time, and too many connections have their ends in "
        + $"different files: {Count(connections, "connection")} of these count twice; merge the files first, as in "
        + $"`tcptracer merge a.tct b.tct -o all.tct`";

    /// <summary>The closing lines about what had not ended.</summary>
    public static void SayUnfinished(Unfinished left)
    {
        foreach (string sentence in SentencesOf(left))
            Line(sentence);
    }

    /// <summary>A sentence for each kind of unfinished connection that there is.</summary>
    public static IEnumerable<string> SentencesOf(Unfinished left)
    {
        if (left.Open > 0)
            yield return $"{Count(left.Open, "connection")} still open";
        if (left.Closing > 0)
            yield return $"{Count(left.Closing, "connection")} closed by the owner, but not finished by TCP";
        if (left.Unanswered > 0)
            yield return $"{Count(left.Unanswered, "connect")} still without an answer";
        if (left.NeverAccepted > 0)
            yield return $"{Count(left.NeverAccepted, "connection")} never accepted by the listener";
        if (left.HandshakesDropped > 0)
            yield return $"{Count(left.HandshakesDropped, "packet")} of handshakes dropped by listeners whose accept queue was full";
    }

    /// <summary>The closing lines about what this kernel refused, if events may be missing for it.</summary>
    public static void SayShortfalls(IEnumerable<Finding> shortfalls)
    {
        foreach (Finding shortfall in shortfalls)
            Line($"without {shortfall.Subject}: {shortfall.Detail}");
    }

    /// <summary>A node of which nothing is in a trace.</summary>
    public static Sentence Of(AbsentNode node) =>
        $"node {node.Node} gave nothing{(node.Why == AbsentNode.NotRunning ? ": its agent did not run" : "")}";

    /// <summary>What is known of the clock of a trace that was merged.</summary>
    public static string Of(MergedSource source)
    {
        string direction = source.OffsetNs < 0 ? "behind" : "ahead of";
        string bound = source.BoundNs is { } ns ? $", within {Time(ns)}" : "";
        string pairs = $"by {Count(source.Pairs, "connection")} seen at both ends";
        string offset = Time(Math.Abs(source.OffsetNs));
        return $"the clock of {source.Header.Node} was {offset} {direction} the first one's{bound}, {pairs}; it is set right";
    }

    /// <summary>A time that is mostly short.</summary>
    public static string Time(long ns) => Math.Abs(ns) switch
    {
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{ns / 1e3:0.#} us"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{ns / 1e6:0.###} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{ns / 1e9:0.###} s"),
    };

    /// <summary>All losses in a few words.</summary>
    public static string Lost(IReadOnlyDictionary<LossSource, long> lost)
    {
        string all = string.Join(", ", lost.Where(l => l.Value > 0).Select(l => Lost(l.Key, l.Value)));
        return all.Length == 0 ? "0 events lost" : all;
    }

    /// <summary>One loss in a few words.</summary>
    public static string Lost(LossSource source, long count) => source switch
    {
        LossSource.RingFull or LossSource.Damage or LossSource.Deleted => $"{Count(count, "event")} lost",
        LossSource.ProcessesFull => $"{Count(count, "child process", "child processes")} not followed",
        LossSource.ListenersFull => $"{Count(count, "listener")} not noted",
        _ => $"{Count(count, "connection")} lost",
    };

    /// <summary>Says that the selection hid every event. Without that line it would look like a quiet machine.</summary>
    public static void SayHidden(SelectionResult result)
    {
        if (result.Passed > 0)
            return;
        long events = result.Hidden - result.HiddenWithoutExisting;
        string uncounted = result.Uncounted.Count == 0 ? "" : $"; what {string.Join(" and ", result.Uncounted)} left out is not counted";
        string connections = Count(result.HiddenWithoutExisting, "connection");
        string existing = $"{connections} from before the recorder or open at its end (--existing shows them)";
        string andExisting = result.HiddenWithoutExisting == 0 ? "" : $" and {existing}";
        if (events > 0)
            Say($"the selection{result.By} hides all {Count(events, "event")}{result.Remedy}{andExisting}{uncounted}");
        else if (result.HiddenWithoutExisting > 0)
            Say($"there is nothing but {existing}{uncounted}");
    }

    public static string Count(long count, string noun) => Count(count, noun, noun + "s");

    public static string Count(long count, string one, string many) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? one : many)}");

    public static string Size(long bytes) => bytes switch
    {
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.0} kB"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.00} GB"),
    };
}
