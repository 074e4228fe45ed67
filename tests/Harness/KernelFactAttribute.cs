using System.Runtime.CompilerServices;
using Xunit;

namespace TcpTracer.Tests.Harness;

/// <summary>A test that records on the real kernel, in network namespaces or with other privileges.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class KernelFactAttribute : FactAttribute
{
    public KernelFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1) : base(file, line)
    {
        Skip = KnownFact.AgainstRecording ?? KnownFact.AgainstNamespaces;
    }
}

/// <summary>A test that records on the real kernel, and needs nothing else.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RecordingFactAttribute : FactAttribute
{
    public RecordingFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1) : base(file, line)
    {
        Skip = KnownFact.AgainstRecording;
    }
}

/// <summary>Several such tests.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RecordingTheoryAttribute : TheoryAttribute
{
    public RecordingTheoryAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1) : base(file, line)
    {
        Skip = KnownFact.AgainstRecording;
    }
}

/// <summary>A test that becomes another user, or makes files that belong to one.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OtherUserFactAttribute : FactAttribute
{
    public OtherUserFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1) : base(file, line)
    {
        Skip = KnownFact.AgainstOtherUsers;
    }
}


/// <summary>Several tests that become another user, or make files that belong to one.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OtherUserTheoryAttribute : TheoryAttribute
{
    public OtherUserTheoryAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1) : base(file, line)
    {
        Skip = KnownFact.AgainstOtherUsers;
    }
}
