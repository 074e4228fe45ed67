using System.Runtime.CompilerServices;
using Xunit;

namespace TcpTracer.Tests.Harness;

/// <summary>A test with a real container runtime: skipped where there is none, or where it may not be run.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ContainerFactAttribute : FactAttribute
{
    public ContainerFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1) : base(file, line)
    {
        Skip = ContainerdHost.Obstacle;
    }
}

/// <summary>A test with real pods under the real recorder: skipped where one of both is not possible.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PodFactAttribute : FactAttribute
{
    public PodFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1) : base(file, line)
    {
        Skip = KernelFactAttribute.Obstacle ?? ContainerdHost.Obstacle;
    }
}
