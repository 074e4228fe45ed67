using System.Text;
using System.Text.Json;
using MessagePack;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Values;
using TcpTracer.Replay.Findings;
using TcpTracer.Replay.Inspection;
using TcpTracer.Replay.Redactions;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Replay.Copies;

/// <summary>A redacted copy names nobody. Rows that have a name in common in the original have one in common in the copy.</summary>
public sealed class RedactionTests
{
    private static readonly byte[] s_original = FullTrace.Write();

    private static IEnumerable<string> AllTexts => Enumerable.Range(0, FullTrace.Pods)
        .SelectMany(i => FullTrace.TextsOf(i).Concat(FullTrace.TextsOfPeers(i))).Concat(FullTrace.TextsOfHost);

    private static IEnumerable<Address> AllAddresses =>
        Enumerable.Range(0, FullTrace.Pods).SelectMany(i => FullTrace.AddressesOf(i).Concat(FullTrace.AddressesOfPeers(i)));

    internal static RedactionProof Prove(byte[] original, byte[] copy)
    {
        var proof = new RedactionProof();
        proof.ReadOriginal(new MemoryStream(original), new TraceFindings());
        proof.ReadCopy(new MemoryStream(copy), new TraceFindings());
        return proof;
    }

    private static JsonElement[] Rows(byte[] trace) =>
        [.. Copying.Show(trace).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)
            .Where(e => e.GetProperty("type").GetString() == "normal")];

    [Fact]
    public void RedactedTraceHoldsNoOriginalTextOrAddress()
    {
        byte[] copy = Copying.Redact(s_original).Bytes, raw = FullTrace.Decompressed(copy), all = FullTrace.Decompressed(s_original);
        Each.Of(AllTexts, text => Assert.True(FullTrace.Holds(all, text) && !FullTrace.Holds(raw, text), text));
        Each.Of(AllAddresses, address => Assert.True(FullTrace.Holds(all, address.Bytes) && !FullTrace.Holds(raw, address.Bytes)
            && !FullTrace.Holds(raw, address.ToString()), address.ToString()));
        RedactionProof proof = Prove(s_original, copy);
        Assert.Empty(proof.Leaks);
        Assert.True(proof is
        {
            IsRedacted: true, IsIncomplete: false, TextsLookedFor: > 100, AddressesLookedFor: >= 30,
            RecordsSearched: > 5
        });
        TraceVerifier verified = TraceVerifier.Of(new MemoryStream(copy));
        Assert.Equal((true, 0, 210L), (verified.IsFinished, verified.Damages.Count, verified.Events));
    }

    /// <summary>Numbers that identify something on the host are replaced by other numbers.</summary>
    [Fact]
    public void IdentifyingNumbersAreReplaced()
    {
        string[] named =
            ["pid", "tid", "uid", "gid", "netns", "mntns", "cgroup", "netns_cookie", "flow", "container_id", "pod_uid", "actor_pid"];
        JsonElement[] before = Rows(s_original), after = Rows(Copying.Redact(s_original).Bytes);
        Each.Of(before.Zip(after), pair => Each.Of(named.Where(n => pair.First.TryGetProperty(n, out _)), name =>
            Assert.NotEqual(pair.First.GetProperty(name).ToString(), pair.Second.GetProperty(name).ToString())));
    }

    [Fact]
    public void RelationsBetweenRowsSurviveRedaction()
    {
        JsonElement[] before = Rows(s_original), after = Rows(Copying.Redact(s_original).Bytes);
        Assert.Equal(before.Length, after.Length);
        string[] joins = ["pid", "comm", "exe", "namespace", "pod", "container", "saddr", "daddr", "flow", "netns", "cgroup",
            "container_id", "pod_uid", "uid", "node", "owner", "src", "dst"];
        Each.Of(joins, name =>
        {
            string[] pairs = [.. before.Zip(after).Select(p => $"{Text(p.First, name)} {Text(p.Second, name)}").Distinct()];
            Assert.Equal(pairs.Length, before.Select(r => Text(r, name)).Distinct().Count());
            Assert.Equal(pairs.Length, after.Select(r => Text(r, name)).Distinct().Count());
        });
        string[] same = ["operation", "sport", "dport", "timestamp", "conn", "latency_ns", "duration_ns", "sent_bytes", "received_bytes",
            "srtt_us", "reason", "attribution", "ipversion"];
        Each.Of(same, name => Assert.Equal(before.Select(r => Text(r, name)), after.Select(r => Text(r, name))));
        Each.Of(new[] { ("pod", "pod-"), ("namespace", "ns-"), ("container", "ctr-"), ("comm", "cmd-"), ("exe", "exe-"), ("node", "node-"),
            ("owner", "Deployment/owner-") },
            n => Each.Of(after, row => Assert.StartsWith(n.Item2, Text(row, n.Item1), StringComparison.Ordinal)));
        Assert.Contains(after, r => Text(r, "dst").Contains("svc-", StringComparison.Ordinal));
        Assert.Contains(after, r => Text(r, "dst").Contains("node-", StringComparison.Ordinal));
        // The peer of one pod is another pod of the copy, by its new name
        string[] pods = [.. after.Select(r => Text(r, "pod")).Distinct()];
        Assert.Contains(after, r => r.TryGetProperty("dst", out JsonElement dst) && pods.Contains(dst.GetProperty("name").GetString()));
        Each.Of(after, r => Assert.False(r.TryGetProperty("args", out _) || r.TryGetProperty("image", out JsonElement i)
            && i.GetString()!.Length > 0 || r.TryGetProperty("labels", out JsonElement l) && l.GetRawText() != "{}"));
    }

    private static string Text(JsonElement row, string name) => row.TryGetProperty(name, out JsonElement value) ? value.ToString() : "";

    [Fact]
    public void SameKeyGivesTheSamePseudonymsAndAnotherKeyOthers()
    {
        byte[] one = Copying.Redact(s_original).Bytes;
        Assert.Equal(one, Copying.Redact(s_original).Bytes);
        byte[] other = Copying.Redact(s_original, key: [.. Copying.Key.Reverse()]).Bytes;
        Assert.Empty(Rows(one).Select(r => Text(r, "pod")).Intersect(Rows(other).Select(r => Text(r, "pod"))));
        Assert.Empty(Rows(one).Select(r => Text(r, "pid")).Intersect(Rows(other).Select(r => Text(r, "pid"))));
        // A part of the trace gets the same names
        byte[] part = Copying.Redact(s_original, selection: new Selection { Pod = FullTrace.PodName(2) }).Bytes;
        Assert.Subset(Rows(one).Select(r => Text(r, "pod")).ToHashSet(), Rows(part).Select(r => Text(r, "pod")).ToHashSet());
        Assert.Equal(42, Rows(part).Length);
    }

    [Theory]
    [InlineData("comm", "comm-1", "listener-1")]
    [InlineData("pod", "web-of-pod-1")]
    [InlineData("namespace", "tenant-1")]
    [InlineData("container", "container-1")]
    [InlineData("exe", "/opt/program-1")]
    [InlineData("args", "--password=secret-1")]
    [InlineData("labels", "label-key-1", "label-value-1")]
    [InlineData("image", "registry.example/image-1:1")]
    [InlineData("node", "peer-node-1")]
    [InlineData("service", "service-1")]
    [InlineData("owner", "Deployment/app-1")]
    public void OnlyKeptKindsStayUnredacted(string field, params string[] texts)
    {
        byte[] copy = Copying.Redact(s_original, new RedactionPolicy { Kept = [field] }).Bytes, raw = FullTrace.Decompressed(copy);
        string[] kept = [.. texts.Select(t => t.Replace("-1", "-", StringComparison.Ordinal).Replace(":1", "", StringComparison.Ordinal))];
        Each.Of(AllTexts, text =>
        {
            bool isKept = texts.Any(t => t.Replace('1', '0') == System.Text.RegularExpressions.Regex.Replace(text, "[1-9]", "0"))
                || (field == "comm" && text.StartsWith("parent-", StringComparison.Ordinal))
                || (field == "node" && text == "host-of-all");
            Assert.True(FullTrace.Holds(raw, text) == isKept, $"{text}: {(isKept ? "kept, and not there" : "there")}");
        });
        RedactionProof proof = Prove(s_original, copy);
        Assert.Empty(proof.Leaks);
        Assert.Equal([field], proof.Policy.Kept);
    }

    [Fact]
    public void HeaderSaysThatTheTraceIsRedactedButNotHow()
    {
        byte[] filtered = Copying.Filter(s_original, new Selection { Pod = FullTrace.PodName(1) }).Bytes;
        byte[] copy = Copying.Redact(filtered, new RedactionPolicy { Kept = ["comm"], KeepsPrivate = true, ShiftsTime = true }).Bytes;
        TraceHeader header = TraceContents.Of(copy).Headers[0];
        Assert.Equal([new CopyNote("filter", "", "tcptracer 9"),
            new CopyNote("redact", "--keep comm --keep-private --shift-time", "tcptracer 9")], header.Copies);
        Assert.Equal(("6.12", "x86_64", 0), (header.Kernel, header.Machine, header.Cpus));
        Assert.Empty(header.CommandLine.Concat(header.Hooks).Concat(header.Refused).Concat(header.Sources));
        Assert.NotEqual(FullTrace.Header.RunId, header.RunId);
        Assert.False(FullTrace.Holds(FullTrace.Decompressed(copy), Copying.Key));
    }

    [Fact]
    public void AllTimesMoveByTheSameAmount()
    {
        byte[] copy = Copying.Redact(s_original, new RedactionPolicy { ShiftsTime = true }).Bytes;
        JsonElement[] before = Rows(s_original), after = Rows(copy);
        TimeSpan[] shifts = [.. before.Zip(after).Select(p =>
            p.Second.GetProperty("timestamp").GetDateTimeOffset() - p.First.GetProperty("timestamp").GetDateTimeOffset()).Distinct()];
        Assert.InRange(Assert.Single(shifts), TimeSpan.FromDays(-1001), TimeSpan.FromDays(-29));
        Assert.Equal(before.Select(r => Text(r, "latency_ns") + Text(r, "duration_ns")),
            after.Select(r => Text(r, "latency_ns") + Text(r, "duration_ns")));
        Assert.Single(before.Zip(after)
            .Select(p => p.Second.GetProperty("boottime_ns").GetInt64() - p.First.GetProperty("boottime_ns").GetInt64()).Distinct());
        Assert.Equal(before.Select(r => Text(r, "dst").Length > 0), after.Select(r => Text(r, "dst").Length > 0));
        Assert.Empty(Prove(s_original, copy).Leaks);
    }

    /// <summary>
    /// The name of a pod has that of its owner in it, such as report-29412345-hx2lw: that this is kept is no leak of the owner.
    /// </summary>
    [Fact]
    public void KeptNamesMayHoldNamesThatAreNot()
    {
        byte[] shop = File.ReadAllBytes(Path.Combine(TcptracerProgram.Repository, "examples/shop.tct"));
        Each.Of(RedactionPolicy.Names,
            kept => Assert.Empty(Prove(shop, Copying.Redact(shop, new RedactionPolicy { Kept = [kept] }).Bytes).Leaks));
    }

    /// <summary>Words of the format in the header of a merged trace are no secrets.</summary>
    [Fact]
    public void MergedTraceIsProvedRedacted()
    {
        byte[] merged = MergeTests.Merge([s_original, TraceBytes.WithPods(4, 60)]).Merged;
        byte[] copy = Copying.Redact(merged).Bytes;
        RedactionProof proof = Prove(merged, copy);
        Assert.Empty(proof.Leaks);
        Assert.True(proof is { IsRedacted: true, TextsLookedFor: > 100 });
        Assert.NotEmpty(Prove(merged, merged).Leaks);
    }

    /// <summary>No reader looks into a record of a kind that it does not know: what is in it is searched as a whole.</summary>
    [Fact]
    public void ProofSearchesUndecodableRecordsOfUnknownKind()
    {
        byte[] record = [.. TraceBytes.Pack((ref MessagePackWriter to) =>
        {
            to.WriteMapHeader(2);
            to.Write("t");
            to.Write("weather");
            to.Write("x");
            to.WriteArrayHeader(200); // there are not so many
        }), .. Encoding.UTF8.GetBytes(FullTrace.PodName(1))];
        TraceBytes.FramePart[] parts = TraceBytes.Split(Copying.Redact(s_original).Bytes);
        byte[] later = [.. TraceBytes.Join(parts[..3]), .. TraceBytes.Frame(record), .. TraceBytes.Join(parts[3..])];
        Assert.Contains(Prove(s_original, later).Leaks, l => l.Place == "weather.?");
    }

    public static TheoryData<string> Kinds => ["header", "metadata", "clock", "loss", "end", "events"];

    /// <summary>
    /// A key that a later version adds to a record is not in the copy. If it were, the proof would find it.
    /// </summary>
    [Theory, MemberData(nameof(Kinds))]
    public void UnknownKeysAreDropped(string kind)
    {
        const string secret = "a-secret-of-later";
        byte[] later = TraceBytes.Edit(s_original, kind, r =>
        {
            r[secret] = secret;
            if (r.TryGetValue("d", out object? d))
                ((Dictionary<object, object?>)d!)[secret] = new object[] { secret };
            foreach (string list in new[] { "pods", "containers", "cgroups", "services", "nodes" })
            {
                if (r.TryGetValue(list, out object? entries))
                    r[list] = ((object[])entries!).Select(object (e) => (object[])[.. (object[])e, secret]).ToArray();
            }
        });
        Assert.True(FullTrace.Holds(FullTrace.Decompressed(later), secret));
        byte[] copy = Copying.Redact(later).Bytes;
        Assert.False(FullTrace.Holds(FullTrace.Decompressed(copy), secret));
        Assert.Empty(Prove(later, copy).Leaks);
        byte[] leaking = TraceBytes.Edit(copy, kind, r => r["later"] = $"see {secret}");
        Assert.Contains(Prove(later, leaking).Leaks, l => l.Place == $"{kind}.later" && l.Length == secret.Length);
    }

    [Fact]
    public void UnknownRecordsAndFramesAreDropped()
    {
        byte[] secret = "a-secret-of-later"u8.ToArray();
        byte[] record = TraceBytes.Pack((ref MessagePack.MessagePackWriter to) =>
        {
            to.WriteMapHeader(2);
            to.Write("t");
            to.Write("weather");
            to.Write("a");
            to.Write(secret);
        });
        TraceBytes.FramePart[] parts = TraceBytes.Split(s_original);
        byte[] later = [.. TraceBytes.Join(parts[..3]), .. TraceBytes.Frame(record), .. TraceBytes.Skippable(8, secret),
            .. TraceBytes.Join(parts[3..])];
        byte[] copy = Copying.Redact(later).Bytes;
        Assert.False(FullTrace.Holds(FullTrace.Decompressed(copy), secret));
        parts = TraceBytes.Split(copy);
        Assert.Contains(Prove(later, [.. TraceBytes.Join(parts[..3]), .. TraceBytes.Skippable(8, secret), .. TraceBytes.Join(parts[3..])])
            .Leaks, l => l.Place.Length == 0);
        Assert.Contains(Prove(later, [.. TraceBytes.Join(parts[..3]), .. TraceBytes.Frame(record), .. TraceBytes.Join(parts[3..])]).Leaks,
            l => l.Place == "weather.a");
    }

    /// <summary>The proof finds each name that a copy keeps and does not say so.</summary>
    [Fact]
    public void ProofFindsLeftOriginals()
    {
        Each.Of(RedactionPolicy.Names.Except(["uid", "pid"]), field =>
        {
            byte[] copy = Copying.Redact(s_original, new RedactionPolicy { Kept = [field] }).Bytes;
            byte[] lying = TraceBytes.Edit(copy, "header",
                r => r["copies"] = new object[] { new object[] { "redact", "", "tcptracer 9" } });
            Assert.NotEmpty(Prove(s_original, lying).Leaks);
        });
        byte[] filtered =
            TraceBytes.Edit(s_original, "header", r => r["copies"] = new object[] { new object[] { "redact", "", "tcptracer 9" } });
        Assert.True(Prove(s_original, filtered).Leaks.Count > 20);
        Assert.False(Prove(s_original, s_original).IsRedacted);
        // One address of the original among the new ones
        byte[] redacted = Copying.Redact(s_original).Bytes;
        byte[] leaking = TraceBytes.Edit(redacted, "events",
            r => ((object[])((Dictionary<object, object?>)r["d"]!)["address"]!)[0] = AllAddresses.First().Bytes);
        Assert.Contains(Prove(s_original, leaking).Leaks, l => l.Place == "an address");
    }

    [Fact]
    public void TrafficOfEveryKindCanBeRedacted() => Each.Of(Enumerable.Range(0, 6), seed =>
    {
        byte[] trace = TraceBytes.WithPods((ulong)seed, 300);
        byte[] copy = Copying.Redact(trace).Bytes;
        Assert.Equal(300, TraceVerifier.Of(new MemoryStream(copy)).Events);
        Assert.Empty(TraceVerifier.Of(new MemoryStream(copy)).Damages);
        string[] words = ["operation", "pod", "dst"];
        JsonElement[] before = Rows(trace), after = Rows(copy);
        Each.Of(before.Zip(after), p => Assert.Equal(
            (Text(p.First, "operation"), Text(p.First, "dst").Length > 0, Text(p.First, "pod") == "<>", Text(p.First, "pod") == "?"),
            (Text(p.Second, "operation"), Text(p.Second, "dst").Length > 0, Text(p.Second, "pod") == "<>", Text(p.Second, "pod") == "?")));
        Assert.NotEmpty(words);
    });
}
