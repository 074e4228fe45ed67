using System.Runtime.CompilerServices;
using TcpTracer.Recorder;
using Xunit;

namespace TcpTracer.Tests.Harness;

/// <summary>A test on the real kernel: skipped where this machine cannot record or make network namespaces, with the machine's own reason.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class KernelFactAttribute : FactAttribute
{
    /// <summary>Why this machine cannot; null: it can.</summary>
    public static string? Obstacle { get; } = FindObstacle();

    public KernelFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1) : base(file, line)
    {
        Skip = Obstacle;
    }

    private static string? FindObstacle()
    {
        Finding? missing = MachineSupport.Examine().FirstOrDefault(f => f is { Works: false, Required: true });
        if (missing is not null)
            return $"this machine cannot record: {missing.Detail}";
        return Native.geteuid() == 0 ? null : "network namespaces need root";
    }
}
