using System.Runtime.CompilerServices;
using Xunit;

namespace TcpTracer.Tests.Harness;

/// <summary>
/// A test with a real container runtime, which needs namespaces. It is not skipped if the runtime is not installed: ./test installs it.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ContainerFactAttribute : FactAttribute
{
    public ContainerFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1) : base(file, line)
    {
        Skip = KnownFact.AgainstNamespaces;
    }
}

/// <summary>The same with several cases.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ContainerTheoryAttribute : TheoryAttribute
{
    public ContainerTheoryAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1) : base(file, line)
    {
        Skip = KnownFact.AgainstNamespaces;
    }
}

/// <summary>A test with real pods that the real recorder watches.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PodFactAttribute : FactAttribute
{
    public PodFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1) : base(file, line)
    {
        Skip = KnownFact.AgainstRecording ?? KnownFact.AgainstNamespaces;
    }
}
