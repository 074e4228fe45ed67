using System.Globalization;

namespace TcpTracer.Bench.Cluster;

/// <summary>Looks ten times a second at what a process has used, because nothing can be asked of one that has ended.</summary>
internal sealed class ProcessUse : IDisposable
{
    private readonly string _folder;
    private readonly Timer _timer;

    public ProcessUse(int pid)
    {
        _folder = $"/proc/{pid}";
        _timer = new Timer(_ => Look(), null, 0, 100);
    }

    /// <summary>Processor time, user and system.</summary>
    public long CpuUs { get; private set; }

    /// <summary>Its largest resident set.</summary>
    public long PeakKb { get; private set; }

    private void Look()
    {
        try
        {
            string[] fields = File.ReadAllText($"{_folder}/stat").Split(") ")[^1].Split(' ');
            const int user = 11, system = 12, microsecondsOfTick = 10_000;
            long Ticks(int field) => long.Parse(fields[field], CultureInfo.InvariantCulture);
            CpuUs = Math.Max(CpuUs, (Ticks(user) + Ticks(system)) * microsecondsOfTick);
            string? peak = File.ReadLines($"{_folder}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            if (peak is not null)
                PeakKb = long.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // it has ended
        }
    }

    public void Dispose() => _timer.Dispose();
}
