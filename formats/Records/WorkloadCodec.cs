using System.Collections.Immutable;
using System.Text;
using MessagePack;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Records;

/// <summary>
/// Writes and reads the content of a <c>metadata</c> record: a change of names. Entries are arrays; later versions may
/// add parts at their ends.
/// </summary>
internal static class WorkloadCodec
{
    private const string Observed = "at", Checkpoint = "checkpoint", Forgotten = "forgotten", Source = "source";
    private const string Pods = "pods", Containers = "containers", Cgroups = "cgroups", Services = "services", Nodes = "nodes";

    private delegate T EntryReader<T>(ref MessagePackReader from, Parts parts);

    private delegate void EntryWriter<T>(ref MessagePackWriter to, T entry);

    /// <summary>The number of keys that a change has in a record.</summary>
    public static int KeysOf(WorkloadChange change) =>
        1 + One(change.IsCheckpoint) + One(!change.Pods.IsEmpty) + One(!change.Containers.IsEmpty) + One(!change.Cgroups.IsEmpty)
        + One(change.Source > 0) + One(!change.Services.IsEmpty) + One(!change.Nodes.IsEmpty) + One(!change.Forgotten.IsEmpty);

    private static int One(bool present) => present ? 1 : 0;

    public static void Write(ref MessagePackWriter to, WorkloadChange change)
    {
        to.Write(Observed);
        to.Write(change.ObservedNs);
        if (change.Source > 0)
        {
            to.Write(Source);
            to.Write(change.Source);
        }
        if (change.IsCheckpoint)
        {
            to.Write(Checkpoint);
            to.Write(true);
        }
        WriteAll(ref to, Pods, change.Pods, WritePod);
        WriteAll(ref to, Containers, change.Containers, static (ref MessagePackWriter to, ContainerInfo c) =>
            WriteStrings(ref to, c.Id, c.PodUid, c.Name, c.Image));
        WriteAll(ref to, Cgroups, change.Cgroups, static (ref MessagePackWriter to, CgroupInfo c) =>
        {
            to.WriteArrayHeader(3);
            to.Write((byte)c.Hierarchy);
            to.Write(c.Id);
            to.Write(c.Path);
        });
        WriteAll(ref to, Services, change.Services, static (ref MessagePackWriter to, ServiceInfo s) =>
        {
            to.WriteArrayHeader(4);
            to.Write(s.Uid);
            to.Write(s.Namespace);
            to.Write(s.Name);
            WriteClaims(ref to, s.Claims);
        });
        WriteAll(ref to, Nodes, change.Nodes, static (ref MessagePackWriter to, NodeInfo n) =>
        {
            to.WriteArrayHeader(2);
            to.Write(n.Name);
            WriteClaims(ref to, n.Claims);
        });
        WriteAll(ref to, Forgotten, change.Forgotten, static (ref MessagePackWriter to, WorkloadKey k) =>
        {
            to.WriteArrayHeader(2);
            to.Write((byte)k.Kind);
            to.Write(k.Key);
        });
    }

    private static void WriteAll<T>(ref MessagePackWriter to, string name, ImmutableArray<T> entries, EntryWriter<T> write)
    {
        if (entries.IsEmpty)
            return;
        to.Write(name);
        to.WriteArrayHeader(entries.Length);
        foreach (T entry in entries)
            write(ref to, entry);
    }

    private static void WriteStrings(ref MessagePackWriter to, params ReadOnlySpan<string> strings)
    {
        to.WriteArrayHeader(strings.Length);
        foreach (string s in strings)
            to.Write(s);
    }

    private static void WritePod(ref MessagePackWriter to, PodInfo pod)
    {
        to.WriteArrayHeader(7);
        to.Write(pod.Uid);
        to.Write(pod.Namespace);
        to.Write(pod.Name);
        to.Write(pod.Node);
        to.Write(pod.Owner);
        int labels = Fitting(pod);
        to.WriteMapHeader(labels);
        foreach ((string key, string value) in pod.Labels.Take(labels))
        {
            to.Write(key);
            to.Write(value);
        }
        WriteClaims(ref to, pod.Claims);
    }

    /// <summary>How many of a pod's labels stay within a reader's limit. Labels of Kubernetes always do.</summary>
    private static int Fitting(PodInfo pod)
    {
        int bytes = 0;
        return pod.Labels
            .TakeWhile(l => (bytes += Encoding.UTF8.GetByteCount(l.Key) + Encoding.UTF8.GetByteCount(l.Value)) <= TraceLimits.LabelBytes)
            .Count();
    }

    private static void WriteClaims(ref MessagePackWriter to, ImmutableArray<AddressClaim> claims)
    {
        to.WriteArrayHeader(claims.Length);
        foreach (AddressClaim claim in claims)
        {
            to.WriteArrayHeader(3);
            to.Write(claim.Address.Bytes);
            to.Write(claim.SinceNs);
            if (claim.UntilNs is { } until)
                to.Write(until);
            else
                to.WriteNil();
        }
    }

    /// <summary>
    /// Bounds the entries, labels and claims of a record. Small ones take few bytes in the file, but cost memory and time.
    /// </summary>
    private sealed class Parts(int frameBytes)
    {
        private readonly long _limit =
            Math.Min(TraceLimits.MetadataParts, TraceLimits.MetadataPartsOfRecord + (long)frameBytes * TraceLimits.MetadataPartsPerByte);
        private double _count;

        /// <summary>Counts labels, each as a half: the pods of a deployment have the same labels, which compress to few bytes.</summary>
        public void TakeLabels(int count) => Take(count / 2.0);

        public void Take(double count)
        {
            _count += count;
            if (_count > _limit)
                throw new BadRecordException($"at most {_limit} entries, labels and claims in a frame of {frameBytes} bytes", "more");
        }
    }

    /// <summary>Reads the content of a record.</summary>
    /// <param name="from">Stands after the kind.</param>
    /// <param name="pairs">How many keys follow.</param>
    /// <param name="frameBytes">Bytes of the record's frame in the file.</param>
    /// <exception cref="BadRecordException">It cannot be decoded, or breaks a limit.</exception>
    public static WorkloadChange Read(ref MessagePackReader from, int pairs, int frameBytes)
    {
        var parts = new Parts(frameBytes);
        var change = new WorkloadChange(0);
        for (int i = 0; i < pairs; i++)
        {
            switch (RecordReader.ReadString(ref from))
            {
                case Observed:
                    change = change with { ObservedNs = RecordReader.ReadInteger(ref from) };
                    break;
                case Source:
                    change = change with { Source = SourceNumber.Read(ref from) };
                    break;
                case Checkpoint:
                    change = change with { IsCheckpoint = from.ReadBoolean() };
                    break;
                case Pods:
                    change = change with { Pods = ReadAll(ref from, parts, 7, ReadPod) };
                    break;
                case Containers:
                    change = change with { Containers = ReadAll(ref from, parts, 4, ReadContainer) };
                    break;
                case Cgroups:
                    change = change with { Cgroups = ReadAll(ref from, parts, 3, ReadCgroup) };
                    break;
                case Services:
                    change = change with { Services = ReadAll(ref from, parts, 4, ReadService) };
                    break;
                case Nodes:
                    change = change with { Nodes = ReadAll(ref from, parts, 2, ReadNode) };
                    break;
                case Forgotten:
                    change = change with { Forgotten = ReadAll(ref from, parts, 2, ReadKey) };
                    break;
                default:
                    RecordReader.Skip(ref from);
                    break;
            }
        }
        return change;
    }

    private static string Text(ref MessagePackReader from) => RecordReader.ReadString(ref from);

    /// <summary>
    /// Reads a list of entries. An entry has at least so many parts; further ones are of a later version and are skipped.
    /// </summary>
    private static ImmutableArray<T> ReadAll<T>(ref MessagePackReader from, Parts all, int parts, EntryReader<T> read)
    {
        int count = RecordReader.ReadCount(ref from, TraceLimits.MetadataEntries);
        all.Take(count);
        var entries = ImmutableArray.CreateBuilder<T>();
        for (int i = 0; i < count; i++)
        {
            int has = from.ReadArrayHeader();
            if (has < parts)
                throw new BadRecordException($"metadata of {parts} parts", $"{has}");
            entries.Add(read(ref from, all));
            RecordReader.Skip(ref from, has - parts);
        }
        return entries.ToImmutable();
    }

    private static ContainerInfo ReadContainer(ref MessagePackReader from, Parts parts) =>
        new(Text(ref from), Text(ref from), Text(ref from), Text(ref from));

    private static CgroupInfo ReadCgroup(ref MessagePackReader from, Parts parts) => new(
        (CgroupHierarchy)(byte)RecordReader.ReadInteger(ref from), unchecked((ulong)RecordReader.ReadInteger(ref from)), Text(ref from));

    private static ServiceInfo ReadService(ref MessagePackReader from, Parts parts) =>
        new(Text(ref from), Text(ref from), Text(ref from), ReadClaims(ref from, parts));

    private static NodeInfo ReadNode(ref MessagePackReader from, Parts parts) => new(Text(ref from), ReadClaims(ref from, parts));

    private static WorkloadKey ReadKey(ref MessagePackReader from, Parts parts) =>
        new((WorkloadKind)(byte)RecordReader.ReadInteger(ref from), Text(ref from));

    private static PodInfo ReadPod(ref MessagePackReader from, Parts parts)
    {
        var pod = new PodInfo(Text(ref from), Text(ref from), Text(ref from)) { Node = Text(ref from), Owner = Text(ref from) };
        int count = from.ReadMapHeader();
        if (count > TraceLimits.MetadataEntries)
            throw new BadRecordException($"at most {TraceLimits.MetadataEntries} labels", $"{count}");
        parts.TakeLabels(count);
        var labels = PodInfo.NoLabels.ToBuilder();
        long bytes = 0;
        for (int i = 0; i < count; i++)
        {
            byte[] key = RecordReader.ReadBytes(ref from), value = RecordReader.ReadBytes(ref from);
            bytes += key.Length + value.Length;
            if (bytes > TraceLimits.LabelBytes)
                throw new BadRecordException($"at most {TraceLimits.LabelBytes} bytes of labels", "more");
            labels[RecordReader.Decode(key)] = RecordReader.Decode(value);
        }
        return pod with { Labels = labels.ToImmutable(), Claims = ReadClaims(ref from, parts) };
    }

    private static ImmutableArray<AddressClaim> ReadClaims(ref MessagePackReader from, Parts all)
    {
        int count = RecordReader.ReadCount(ref from, TraceLimits.MetadataEntries);
        all.Take(count);
        var claims = ImmutableArray.CreateBuilder<AddressClaim>();
        for (int i = 0; i < count; i++)
        {
            const int parts = 3;
            int has = from.ReadArrayHeader();
            if (has < parts)
                throw new BadRecordException($"an address with its time, in {parts} parts", $"{has}");
            byte[] address = RecordReader.ReadBytes(ref from);
            if (address.Length is not (4 or 16))
                throw new BadRecordException("an address of 4 or 16 bytes", $"{address.Length}");
            long since = RecordReader.ReadInteger(ref from);
            claims.Add(new AddressClaim(new Address(address), since, from.TryReadNil() ? null : RecordReader.ReadInteger(ref from)));
            RecordReader.Skip(ref from, has - parts);
        }
        return claims.ToImmutable();
    }
}
