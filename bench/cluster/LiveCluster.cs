using System.Diagnostics;
using System.Globalization;

namespace TcpTracer.Bench.Cluster;

/// <summary>Runs `tcptracer cluster` on simulated nodes whose events happen now, and measures it from outside.</summary>
internal static class LiveCluster
{
    /// <summary>Agents write their files so often while somebody reads them.</summary>
    private const int FlushMs = 200;

    private const int EventsOfConnection = 4, TailSeconds = 4;
    private static readonly TimeSpan s_worstClock = TimeSpan.FromMilliseconds(5), s_patience = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Prints one line: nodes, events/s, events sent, lines, lines out of order, delays in milliseconds (median, 99 %, all), processor
    /// time in microseconds, peak RSS in kilobytes, bytes sent, and how far the generator was behind in milliseconds.
    /// </summary>
    public static int Run(string executable, string folder, int nodes, int eventsPerSecond, int seconds)
    {
        var traffic = new ClusterTraffic(nodes, (double)eventsPerSecond / EventsOfConnection, s_worstClock);
        long beginNs = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
        var clock = Stopwatch.StartNew();
        NodeFeed[] feeds = [.. Enumerable.Range(0, nodes).Select(n => new NodeFeed(traffic.HeaderOf(n, beginNs)))];
        using var server = new ExecServer(feeds);
        string kubeconfig = Path.Combine(folder, "kubeconfig");
        File.WriteAllText(kubeconfig, server.Kubeconfig);
        var start = new ProcessStartInfo(executable) { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] words =
            ["cluster", "--kubeconfig", kubeconfig, "-A", "-o", "json", "--fields", Fields, "--duration", $"{seconds + TailSeconds}s"];
        foreach (string word in words)
            start.ArgumentList.Add(word);
        using Process process = Process.Start(start)!;
        var lines = new ShownLines();
        var reading = new Thread(() => lines.Read(process.StandardOutput.BaseStream));
        reading.Start();
        Task<string> said = process.StandardError.ReadToEndAsync();
        var used = new ProcessUse(process.Id);
        while (!feeds.All(f => f.IsOpen))
        {
            if (process.HasExited || clock.Elapsed > s_patience)
            {
                Console.Error.WriteLine($"the streams were not opened: {(process.HasExited ? said.Result : "no answer")}");
                return 1;
            }
            Thread.Sleep(10);
        }
        double behindMs = Play(traffic, feeds, (long)eventsPerSecond * seconds / EventsOfConnection, seconds, clock);
        process.WaitForExit();
        reading.Join();
        used.Dispose();
        long[] numbers =
        [
            nodes, eventsPerSecond, feeds.Sum(f => f.Events), lines.Count, lines.OutOfOrder, lines.DelayMs(0.5), lines.DelayMs(0.99),
            lines.DelayMs(1), used.CpuUs, used.PeakKb, feeds.Sum(f => f.Bytes), (long)behindMs,
        ];
        Console.WriteLine(string.Join(' ', numbers.Select(n => n.ToString(CultureInfo.InvariantCulture))));
        Console.Error.Write(said.Result);
        return process.ExitCode;
    }

    /// <summary>Twenty fields, as in bench/file.</summary>
    private const string Fields = "timestamp,node,operation,pid,uid,comm,netns,saddr,daddr,sport,dport,error,reason,latency_ns,duration_ns,"
        + "sent_bytes,received_bytes,retransmits,srtt_us,flow";

    /// <summary>Lets the events happen when they are due.</summary>
    /// <returns>By how many milliseconds at most they came too late.</returns>
    private static double Play(ClusterTraffic traffic, NodeFeed[] feeds, long connections, int seconds, Stopwatch clock)
    {
        // What the header calls the beginning is a moment ago: what would have happened since then is left out
        double fromMs = clock.Elapsed.TotalMilliseconds, endMs = fromMs + seconds * 1000, flushedMs = fromMs, behindMs = 0;
        int flushed = 0;
        foreach ((long atNs, int node, Formats.Events.TcpEvent e) in traffic.Events(connections))
        {
            double dueMs = fromMs + atNs / 1e6, nowMs = clock.Elapsed.TotalMilliseconds;
            if (dueMs > endMs)
                break; // what is still open stays so
            while (dueMs > nowMs)
            {
                Thread.Sleep(1);
                nowMs = clock.Elapsed.TotalMilliseconds;
                Flush(nowMs);
            }
            behindMs = Math.Max(behindMs, nowMs - dueMs);
            Formats.Events.TcpEvent moved = e;
            moved.StartNs += (long)(fromMs * 1e6);
            moved.TimestampNs += (long)(fromMs * 1e6);
            feeds[node].Add(in moved);
            if (nowMs - flushedMs >= 5)
                Flush(nowMs);
        }
        foreach (NodeFeed feed in feeds)
            feed.Flush();
        return behindMs;

        // Each node in its turn, and all of them every 0.2 s
        void Flush(double nowMs)
        {
            int due = Math.Min(feeds.Length, (int)((nowMs - flushedMs) * feeds.Length / FlushMs));
            for (int i = 0; i < due; i++)
                feeds[flushed++ % feeds.Length].Flush();
            if (due > 0)
                flushedMs = nowMs;
        }
    }
}
