using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Records;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;
using TcpTracer.Recorder.Workloads;

namespace TcpTracer.Bench;

/// <summary>
/// What names cost: the synthetic traffic in a cluster of a thousand pods and ten thousand services, through the tracker and the views that
/// a recording uses. Only a source's talk with its server is left out.
/// </summary>
internal sealed class NamesBench
{
    private const int Pods = 1_000, Services = 10_000, Rounds = 5, Changes = 200;
    private readonly TcpEvent[] _events;
    private readonly ReportedPod[] _pods;
    private readonly SeenService[] _services;
    private readonly ImmutableArray<CgroupInfo> _cgroups;

    /// <summary>Makes the cluster that the events happen in, and as much beside it.</summary>
    private NamesBench(int events)
    {
        _events = [.. Generator.Events(events)];
        var owners = new Dictionary<ulong, Address>();
        foreach (TcpEvent e in _events)
            owners.TryAdd(e.Process.Cgroup, e.Saddr);
        Address[] addresses = [.. owners.Values.Distinct()];
        _pods = [.. Enumerable.Range(0, Pods).Select(i => MakePod(i, i < addresses.Length ? addresses[i] : new Address([10, 245, (byte)(i >> 8), (byte)i])))];
        Address[] peers = [.. _events.Select(e => e.Daddr).Distinct()];
        _services = [.. Enumerable.Range(0, Services).Select(i => MakeService(i, i < peers.Length ? peers[i] : new Address([10, 100, (byte)(i >> 8), (byte)i])))];
        _cgroups = [.. owners.Select(o => new CgroupInfo(CgroupHierarchy.Unified, o.Key, $"/kubepods/burstable/pod{Uid(Array.IndexOf(addresses, o.Value))}/{ContainerId(Array.IndexOf(addresses, o.Value))}"))];
    }

    private static string Uid(int pod) => new Guid(pod, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10).ToString();

    private static string ContainerId(int pod) => pod.ToString("x64", CultureInfo.InvariantCulture);

    private static ReportedPod MakePod(int i, Address address) => new(Uid(i), $"team-{i % 20}", $"service-{i % 100}-6d4cf56db6-{i:x5}")
    {
        Node = $"node-{i % 30}",
        Owner = $"Deployment/service-{i % 100}",
        Labels = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, new Dictionary<string, string>
        {
            ["app.kubernetes.io/name"] = $"service-{i % 100}", ["app.kubernetes.io/part-of"] = $"team-{i % 20}", ["pod-template-hash"] = "6d4cf56db6", ["version"] = "v1",
        }),
        Addresses = [address],
        SinceWallNs = 0,
        Containers = [new ContainerInfo(ContainerId(i), Uid(i), "main", $"registry.example/service-{i % 100}:1.2.3")],
    };

    private static SeenService MakeService(int i, Address address) => new($"service-{i}", $"team-{i % 20}", $"service-{i}", [address], 0);

    /// <summary>
    /// Prints what was measured, a name and a number a line, and leaves the same events as FOLDER/plain.tct, named.tct and cluster.tct.
    /// </summary>
    public static void Run(string folder, int events)
    {
        var bench = new NamesBench(events);
        bench.MeasureStart();
        WorkloadView view = bench.Know(out WorkloadTracker tracker, out Source source);
        bench.MeasureChange(tracker, source, view);
        view = view.With(new WorkloadChange(0) { Cgroups = bench._cgroups });
        var nobody = new WorkloadView(new SafeText("bench"));
        foreach ((string name, MetadataScope? scope) in new (string, MetadataScope?)[] { ("plain", null), ("named", MetadataScope.Referenced), ("cluster", MetadataScope.Cluster) })
        {
            using var file = new FileStream(Path.Combine(folder, name + ".tct"), FileMode.Create, FileAccess.Write, FileShare.Read, 0);
            Tell($"bytes-{name}", bench.Record(file, scope is null ? nobody : view, scope).Bytes);
        }
        for (int round = 0; round < Rounds; round++)
        {
            Tell("naming-ns", bench.Name(view));
            Tell("peers-ns", bench.NamePeers(view));
            Tell("record-plain", bench.Record(Stream.Null, nobody, null).EventsPerSecond);
            Tell("record-named", bench.Record(Stream.Null, view, MetadataScope.Referenced).EventsPerSecond);
        }
    }

    private static void Tell(string name, double value) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name} {value:0.###}"));

    /// <summary>From a source's first full answer to a view that names events.</summary>
    private WorkloadView Know(out WorkloadTracker tracker, out Source source)
    {
        source = new Source();
        tracker = new WorkloadTracker([source]);
        tracker.OnPods(source, _pods);
        tracker.OnServices(source, _services);
        tracker.OnSynced(source);
        return new WorkloadView(new SafeText("bench")).With(tracker.Take());
    }

    private void MeasureStart()
    {
        for (int round = 0; round < Rounds; round++)
        {
            long before = GC.GetTotalMemory(forceFullCollection: true), started = Stopwatch.GetTimestamp();
            WorkloadView view = Know(out WorkloadTracker tracker, out _);
            Tell("start-ms", Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            Tell("memory-mb", (GC.GetTotalMemory(forceFullCollection: true) - before) / 1e6);
            GC.KeepAlive(view);
            GC.KeepAlive(tracker);
        }
    }

    /// <summary>One pod after the other has another label.</summary>
    private void MeasureChange(WorkloadTracker tracker, Source source, WorkloadView view)
    {
        for (int round = 0; round < Rounds; round++)
        {
            long started = Stopwatch.GetTimestamp();
            for (int i = 0; i < Changes; i++)
            {
                tracker.OnPod(source, _pods[i] with { Labels = _pods[i].Labels!.SetItem("round", $"{round}") });
                view = view.With(tracker.Take());
            }
            Tell("change-us", Stopwatch.GetElapsedTime(started).TotalMicroseconds / Changes);
        }
    }

    private double Name(WorkloadView view)
    {
        long started = Stopwatch.GetTimestamp();
        foreach (ref TcpEvent e in _events.AsSpan())
            e.NameBy(view);
        return Stopwatch.GetElapsedTime(started).TotalNanoseconds / _events.Length;
    }

    /// <summary>Both ends, as a format that prints them asks.</summary>
    private double NamePeers(WorkloadView view)
    {
        Name(view);
        int named = 0;
        long started = Stopwatch.GetTimestamp();
        foreach (ref readonly TcpEvent e in _events.AsSpan())
            named += (e.Source is null ? 0 : 1) + (e.Destination is null ? 0 : 1);
        double perEvent = Stopwatch.GetElapsedTime(started).TotalNanoseconds / _events.Length;
        return named == 2 * _events.Length ? perEvent : throw new InvalidOperationException($"{named} ends of {_events.Length} events have names");
    }

    /// <summary>Names and writes, as a recording does between ring and file.</summary>
    private (double EventsPerSecond, long Bytes) Record(Stream to, WorkloadView view, MetadataScope? scope)
    {
        long started = Stopwatch.GetTimestamp();
        var writer = new TraceWriter(to, Generator.Header(), TimeSpan.FromSeconds(1), scope is null ? null : view, scope ?? MetadataScope.None);
        foreach (ref TcpEvent e in _events.AsSpan())
        {
            e.NameBy(view);
            writer.OnEvent(in e);
        }
        writer.Finish(new TraceEnd("count", _events.Length, _events.Length, 0));
        return (_events.Length / Stopwatch.GetElapsedTime(started).TotalSeconds, writer.BytesWritten);
    }

    private sealed class Source : IWorkloadSource
    {
        public string Description => "bench";

        public Task RunAsync(IWorkloadReceiver receiver, CancellationToken cancellation) => Task.CompletedTask;

        public Task LookUpAsync(string containerId, string podUid, IWorkloadReceiver receiver, CancellationToken cancellation) => Task.CompletedTask;
    }
}
