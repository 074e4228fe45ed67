using System.Collections.Immutable;
using MessagePack;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.TraceFile;

/// <summary>The record <c>metadata</c>: what became known of pods, containers, cgroups, services and nodes. Entries are arrays; more parts may follow.</summary>
internal static class WorkloadCodec
{
    private const string Observed = "at", Checkpoint = "checkpoint", Pods = "pods", Containers = "containers", Cgroups = "cgroups", Services = "services", Nodes = "nodes", Forgotten = "forgotten";

    private delegate T EntryReader<T>(ref MessagePackReader from);

    private delegate void EntryWriter<T>(ref MessagePackWriter to, T entry);

    /// <summary>How many keys a change takes.</summary>
    public static int KeysOf(WorkloadChange change) =>
        1 + One(change.IsCheckpoint) + One(!change.Pods.IsEmpty) + One(!change.Containers.IsEmpty) + One(!change.Cgroups.IsEmpty) + One(!change.Services.IsEmpty)
        + One(!change.Nodes.IsEmpty) + One(!change.Forgotten.IsEmpty);

    private static int One(bool present) => present ? 1 : 0;

    public static void Write(ref MessagePackWriter to, WorkloadChange change)
    {
        to.Write(Observed);
        to.Write(change.ObservedNs);
        if (change.IsCheckpoint)
        {
            to.Write(Checkpoint);
            to.Write(true);
        }
        WriteAll(ref to, Pods, change.Pods, WritePod);
        WriteAll(ref to, Containers, change.Containers, static (ref MessagePackWriter to, ContainerInfo c) => WriteStrings(ref to, c.Id, c.PodUid, c.Name, c.Image));
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
        to.WriteMapHeader(pod.Labels.Count);
        foreach ((string key, string value) in pod.Labels)
        {
            to.Write(key);
            to.Write(value);
        }
        WriteClaims(ref to, pod.Claims);
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

    public static WorkloadChange Read(ref MessagePackReader from, int pairs)
    {
        var change = new WorkloadChange(0);
        for (int i = 0; i < pairs; i++)
        {
            switch (RecordReader.ReadString(ref from))
            {
                case Observed:
                    change = change with { ObservedNs = RecordReader.ReadInteger(ref from) };
                    break;
                case Checkpoint:
                    change = change with { IsCheckpoint = from.ReadBoolean() };
                    break;
                case Pods:
                    change = change with { Pods = ReadAll(ref from, 7, ReadPod) };
                    break;
                case Containers:
                    change = change with { Containers = ReadAll(ref from, 4, static (ref MessagePackReader from) => new ContainerInfo(Text(ref from), Text(ref from), Text(ref from), Text(ref from))) };
                    break;
                case Cgroups:
                    change = change with { Cgroups = ReadAll(ref from, 3, static (ref MessagePackReader from) =>
                        new CgroupInfo((CgroupHierarchy)(byte)RecordReader.ReadInteger(ref from), unchecked((ulong)RecordReader.ReadInteger(ref from)), Text(ref from))) };
                    break;
                case Services:
                    change = change with { Services = ReadAll(ref from, 4, static (ref MessagePackReader from) => new ServiceInfo(Text(ref from), Text(ref from), Text(ref from), ReadClaims(ref from))) };
                    break;
                case Nodes:
                    change = change with { Nodes = ReadAll(ref from, 2, static (ref MessagePackReader from) => new NodeInfo(Text(ref from), ReadClaims(ref from))) };
                    break;
                case Forgotten:
                    change = change with { Forgotten = ReadAll(ref from, 2, static (ref MessagePackReader from) => new WorkloadKey((WorkloadKind)(byte)RecordReader.ReadInteger(ref from), Text(ref from))) };
                    break;
                default:
                    RecordReader.Skip(ref from);
                    break;
            }
        }
        return change;
    }

    private static string Text(ref MessagePackReader from) => RecordReader.ReadString(ref from);

    /// <summary>Entries of at least so many parts; further ones are of a later version.</summary>
    private static ImmutableArray<T> ReadAll<T>(ref MessagePackReader from, int parts, EntryReader<T> read)
    {
        int count = RecordReader.ReadCount(ref from, TraceLimits.MetadataEntries);
        var entries = ImmutableArray.CreateBuilder<T>();
        for (int i = 0; i < count; i++)
        {
            int has = from.ReadArrayHeader();
            if (has < parts)
                throw new BadRecordException($"metadata of {parts} parts", $"{has}");
            entries.Add(read(ref from));
            RecordReader.Skip(ref from, has - parts);
        }
        return entries.ToImmutable();
    }

    private static PodInfo ReadPod(ref MessagePackReader from)
    {
        var pod = new PodInfo(Text(ref from), Text(ref from), Text(ref from)) { Node = Text(ref from), Owner = Text(ref from) };
        int count = from.ReadMapHeader();
        if (count > TraceLimits.MetadataEntries)
            throw new BadRecordException($"at most {TraceLimits.MetadataEntries} labels", $"{count}");
        var labels = PodInfo.NoLabels.ToBuilder();
        for (int i = 0; i < count; i++)
            labels[Text(ref from)] = Text(ref from);
        return pod with { Labels = labels.ToImmutable(), Claims = ReadClaims(ref from) };
    }

    private static ImmutableArray<AddressClaim> ReadClaims(ref MessagePackReader from)
    {
        int count = RecordReader.ReadCount(ref from, TraceLimits.MetadataEntries);
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
            claims.Add(new AddressClaim(new Address(address), RecordReader.ReadInteger(ref from), from.TryReadNil() ? null : RecordReader.ReadInteger(ref from)));
            RecordReader.Skip(ref from, has - parts);
        }
        return claims.ToImmutable();
    }
}
