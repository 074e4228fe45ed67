using System.Runtime.CompilerServices;
using Xunit;

namespace TcpTracer.Tests.Harness;

/// <summary>A test with a real container runtime, which needs namespaces. That it is not installed is no reason to skip: ./test installs it.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ContainerFactAttribute : FactAttribute
{
    public ContainerFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1) : base(file, line)
    {
        Skip = KnownFact.AgainstNamespaces;
    }
}

/// <summary>A test with real pods under the real recorder.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PodFactAttribute : FactAttribute
{
    public PodFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1) : base(file, line)
    {
        Skip = KnownFact.AgainstRecording ?? KnownFact.AgainstNamespaces;
    }
}
