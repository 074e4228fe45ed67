using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Replay.Findings;

namespace TcpTracer.Replay.Redactions;

/// <summary>Something of the original in its copy. What it is, is not reported: a proof may go along with the copy.</summary>
/// <param name="Place">Where in the copy; empty: outside of all records.</param>
/// <param name="Record">The number of the record there, from 0.</param>
/// <param name="OriginalPlace">Where the original has it.</param>
/// <param name="Length">How long it is, in bytes.</param>
public sealed record RedactionLeak(string Place, long Record, string OriginalPlace, int Length);

/// <summary>
/// Looks for every text and every address of a trace in its redacted copy: in all records, also of kinds that this version does not know,
/// and in the bytes between them. What the copy says that it keeps is not looked for.
/// </summary>
public sealed partial class RedactionProof
{
    private const int MostBytes = 64 << 20, MostLeaks = 1000, LongEnough = 12, LongInColumns = 8;
    private readonly Dictionary<string, Text> _original = [];
    private readonly HashSet<Address> _addresses = [], _addressesOfCopy = [];
    private readonly List<RedactionLeak> _leaks = [];
    private readonly HashSet<(string, string)> _leakPlaces = [];
    private readonly SecretTexts _secrets = new(), _secretsOutside = new();
    private long _bytes;
    private string _tool = "";
    private ArrayBufferWriter<byte>? _beforeHeader = new();

    /// <summary>A text of the original.</summary>
    private sealed record Text(byte[] Bytes, string Place)
    {
        public HashSet<string>? Fields { get; set; }
    }

    /// <summary>What was found; the first of each kind and place.</summary>
    public IReadOnlyList<RedactionLeak> Leaks => _leaks;

    /// <summary>Texts that were looked for.</summary>
    public int TextsLookedFor => _secrets.Count;

    /// <summary>Addresses that were looked for.</summary>
    public int AddressesLookedFor => _addresses.Count;

    /// <summary>Records of the copy.</summary>
    public long RecordsSearched { get; private set; }

    /// <summary>Addresses of the copy that are some in the original, too, where there are so many that chance explains it.</summary>
    public int AddressesByChance { get; private set; }

    /// <summary>Whether the original has more than can be looked for.</summary>
    public bool IsIncomplete { get; private set; }

    /// <summary>Whether the copy says that it is redacted.</summary>
    public bool IsRedacted { get; private set; }

    /// <summary>What the copy says that it keeps.</summary>
    public RedactionPolicy Policy { get; private set; } = new();

    /// <summary>Reads the original.</summary>
    public void ReadOriginal(Stream trace, TraceFindings findings) =>
        new TraceReader(trace).Read(new Walk(findings, (_, text) => Collect(in text), _ => { }));

    /// <summary>Reads the copy.</summary>
    public void ReadCopy(Stream trace, TraceFindings findings)
    {
        bool isReady = false;
        long record = -1, known = -1;
        var walk = new Walk(findings, (number, text) =>
        {
            if (number != known)
                (known, record) = (number, record + 1);
            Search(record, in text);
        }, header =>
        {
            CopyNote? note = header.Copies.LastOrDefault(c => c.How == CopyNote.Redact);
            IsRedacted |= note is not null;
            if (isReady)
                return;
            isReady = true;
            Policy = RedactionPolicy.Parse(note?.Options ?? "");
            _tool = header.Tool;
            Prepare();
        });
        new TraceReader(new ScannedStream(trace, SearchOutside)).Read(walk);
        RecordsSearched = record + 1;
        CompareAddresses();
    }

    /// <summary>Hands on the texts of each record, and the header before those of its own.</summary>
    private sealed class Walk(TraceFindings findings, Action<long, RecordText> onText, Action<TraceHeader> onHeader) : ITraceVisitor
    {
        private long _number;

        public void OnHeader(TraceHeader header) => onHeader(header);

        public void OnEvents(EventBlock block)
        {
            // its record is looked at
        }

        public void OnDamage(TraceDamage damage) => findings.Add(damage);

        public void OnRecord(string kind, ReadOnlySpan<byte> raw)
        {
            foreach (RecordText text in RecordTexts.Of(kind, raw.ToArray()))
                onText(_number, text);
            _number++;
        }
    }

    private void Collect(in RecordText found)
    {
        RecordText text = RecordPlaces.InHeader(found);
        if (RecordPlaces.IsFormat(in text))
            return;
        if (RecordPlaces.IsAddress(in text))
        {
            Address address = new Address(text.Bytes.Span).OnWire;
            if (!AddressScrambler.IsPlain(address) && Remember(sizeof(long)) && _addresses.Add(address))
            {
                Collect(address.Text, $"{text.Place} as text", null);
                if (address.Bytes.Length > sizeof(uint))
                    Collect(address.Bytes, text.Place, null);
            }
            return;
        }
        string? field = RecordPlaces.FieldAt(text.Place) ?? Common(text.Place, text.Bytes.Span);
        Collect(text.Bytes.ToArray(), text.Place, field);
        foreach (string part in Parts(text.Place, text.Bytes.Span))
            Collect(Encoding.UTF8.GetBytes(part), text.Place, field);
    }

    /// <summary>What stays in each copy: it is the same on many machines.</summary>
    private static string? Common(string place, ReadOnlySpan<byte> text) => place switch
    {
        "header.tool" or "header.machine" or "end.cause" or "header.copies.*.0" or "header.copies.*.2" or "header.required.*" => AnyCopy,
        "metadata.cgroups.*.2" when text.SequenceEqual("/"u8) || text.SequenceEqual("..."u8) => AnyCopy,
        "header.kernel" when IsVersion().IsMatch(Encoding.UTF8.GetString(text)) => AnyCopy,
        _ => null,
    };

    private const string AnyCopy = "any copy";

    [GeneratedRegex(@"^\d{1,3}\.\d{1,3}$")]
    private static partial Regex IsVersion();

    /// <summary>
    /// What is a secret of its own within a text: each argument, the name behind a path, the ids in the path of a cgroup.
    /// </summary>
    private static IEnumerable<string> Parts(string place, ReadOnlySpan<byte> text)
    {
        const int shortest = 4;
        string all = Encoding.UTF8.GetString(text);
        string[] parts = place switch
        {
            "events.d.process.*.13" => all.Split('\0'),
            "metadata.cgroups.*.2" => CgroupNames.Parse(all) is var names ? [names.PodUid ?? "", names.ContainerId ?? ""] : [],
            "events.d.process.*.12" or "metadata.pods.*.4" or "metadata.containers.*.3" => [all[(all.LastIndexOf('/') + 1)..]],
            _ => [],
        };
        return parts.Where(p => p.Length >= shortest);
    }

    private bool Remember(int bytes)
    {
        const int entry = 100;
        _bytes += bytes + entry;
        IsIncomplete |= _bytes > MostBytes;
        return !IsIncomplete;
    }

    private void Collect(byte[] bytes, string place, string? field)
    {
        string key = Encoding.Latin1.GetString(bytes);
        if (!_original.TryGetValue(key, out Text? text))
        {
            if (bytes.Length == 0 || !Remember(3 * bytes.Length))
                return;
            _original.Add(key, text = new Text(bytes, place));
        }
        if (field is not null)
            (text.Fields ??= []).Add(field);
    }

    /// <summary>What is kept in one place is no secret in another.</summary>
    private bool IsKept(Text text) => text.Fields?.Any(f => f == AnyCopy || Policy.Keeps(f)) == true;

    private void Prepare()
    {
        ILookup<bool, Text> isKept = _original.Values.ToLookup(IsKept);
        foreach (Text text in isKept[false])
        {
            _secrets.Add(text.Bytes, text.Place);
            if (text.Bytes.Length >= LongEnough)
                _secretsOutside.Add(text.Bytes, text.Place);
        }
        // The name of a pod has that of its owner in it. In a record, the place says that it is kept; the bare bytes do not
        foreach (Text text in isKept[true])
            _secretsOutside.RemoveThoseIn(text.Bytes, LongEnough);
        byte[] waiting = _beforeHeader?.WrittenSpan.ToArray() ?? [];
        _beforeHeader = null;
        SearchOutside(waiting);
    }

    private void Search(long record, in RecordText found)
    {
        RecordText text = RecordPlaces.InHeader(found);
        ReadOnlySpan<byte> bytes = text.Bytes.Span;
        if (RecordPlaces.IsAddress(in text))
        {
            _addressesOfCopy.Add(new Address(bytes).OnWire);
            return;
        }
        if (RecordPlaces.IsFormat(in text))
        {
            if (!text.IsText)
                Note(record, text.Place, _secrets.FindIn(bytes, LongInColumns));
            return;
        }
        string value = Encoding.UTF8.GetString(bytes);
        if (IsOfEveryCopy(text.Place, value) || IsKeptHere(text.Place, bytes))
            return;
        if (_secrets.PlaceOf(bytes) is not null)
            Note(record, text.Place, bytes.ToArray());
        else
            Note(record, text.Place, IsMade(value) ? _secrets.FindIn(bytes, LongEnough) : _secrets.FindIn(bytes));
    }

    private bool IsKeptHere(string place, ReadOnlySpan<byte> bytes) => RecordPlaces.FieldAt(place) is { } field && Policy.Keeps(field)
        && _original.TryGetValue(Encoding.Latin1.GetString(bytes), out Text? text) && text.Fields?.Contains(field) == true;

    /// <summary>What this program writes into each copy.</summary>
    private bool IsOfEveryCopy(string place, string value) => place switch
    {
        "header.tool" or "header.copies.*.2" => value == _tool && ToolName().IsMatch(value),
        "header.machine" => Redaction.IsKnownMachine(value),
        "header.kernel" => value.Length == 0 || IsVersion().IsMatch(value),
        "header.required.*" => value == TraceHeader.MergedFeature,
        "header.absent.*.1" => AbsentNode.IsKnown(value) || value.Length == 0,
        "header.copies.*.0" => CopyNote.IsKnown(value),
        "header.copies.*.1" => value == Policy.Describe() || value.Length == 0,
        "metadata.forgotten.*.1" => value is "0:0" or "1:0", // no cgroup
        "end.cause" => Redaction.IsKnownCause(value),
        _ => false,
    };

    [GeneratedRegex(@"^tcptracer \d[\w.+-]*$")]
    private static partial Regex ToolName();

    [GeneratedRegex(@"^(/kubepods/pod)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(/[0-9a-f]{64})?$|^/?([0-9a-f]{64})?$|^[01]:\d+$")]
    private static partial Regex IsId();

    /// <summary>Whether it has the form of a pseudonym, in which a short text may stand by chance.</summary>
    private static bool IsMade(string value)
    {
        int slash = value.IndexOf('/');
        return Pseudonyms.HasForm(value) || IsId().IsMatch(value)
            || (slash > 0 && Redaction.IsKnownKind(value[..slash]) && Pseudonyms.HasForm(value[(slash + 1)..]));
    }

    /// <summary>What is long enough is looked for in all bytes of the file, too.</summary>
    private void SearchOutside(ReadOnlySpan<byte> bytes)
    {
        if (_beforeHeader is { WrittenCount: < MostBytes } waiting)
            waiting.Write(bytes); // until the header says what is kept
        else
            Note(0, "", _secretsOutside.FindIn(bytes, LongEnough));
    }

    private void Note(long record, string place, byte[]? secret)
    {
        if (secret is null || _leaks.Count >= MostLeaks)
            return;
        string original = _secrets.PlaceOf(secret)!;
        if (_leakPlaces.Add((place, original)))
            _leaks.Add(new RedactionLeak(place, record, original, secret.Length));
    }

    /// <summary>
    /// An address of the copy may be one of the original by chance: there are only so many. What chance explains, by the number of bits
    /// that the key decides, is no leak.
    /// </summary>
    private void CompareAddresses()
    {
        Address[] both = [.. _addressesOfCopy.Where(_addresses.Contains)];
        if (both.Length == 0)
            return;
        double expected = 0;
        foreach (IGrouping<int, Address> range in _addresses.GroupBy(a => AddressScrambler.FreeBits(a, Policy.KeepsPrivate)))
            expected += (double)range.Count() * range.Count() / Math.Pow(2, range.Key);
        const double never = 0.01, deviations = 5;
        int most = expected < never ? 0 : (int)Math.Ceiling(expected + deviations * Math.Sqrt(expected));
        if (both.Length <= most)
            AddressesByChance = both.Length;
        else
            _leaks.Add(new RedactionLeak("an address", 0, "an address", both[0].Bytes.Length));
    }
}
