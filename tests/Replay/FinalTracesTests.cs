using TcpTracer.Formats.Records;
using TcpTracer.Tests.House;
using Xunit;

namespace TcpTracer.Tests.Replay;

/// <summary>What docs/compatibility.md promises about traces that exist: nobody changes or removes the golden ones unnoticed.</summary>
public sealed class FinalTracesTests
{
    [Fact]
    public void GoldenTracesAreThoseOfTheList() => Assert.Equal(FinalTraces.Listed, FinalTraces.Found);

    [Fact]
    public void TracesOfEveryFinalVersionAreThere()
    {
        string[] versions = [.. FinalTraces.Listed.Select(l => l.Split("  ")[1]).Where(f => f.Contains('/')).Select(f => f.Split('/')[0]).Distinct()];
        Assert.Contains("1.0", versions);
        Assert.Contains("1.1", versions);
        Assert.True(FinalTraces.Listed.Length > 60);
    }

    /// <summary>A copy may have whatever a recorder of this version writes. 2 says what copies add to 1.1, so no recorder ever writes it.</summary>
    [Fact]
    public void MinorVersionsOfRecordersAndCopiesFitTogether()
    {
        Assert.True(TraceHeader.CopyMinor >= TraceHeader.CurrentMinor);
        Assert.NotEqual(2, TraceHeader.CurrentMinor);
        Assert.StartsWith($"# The .tct trace format, version {TraceHeader.CurrentMajor}.{TraceHeader.CopyMinor}\n",
            new Document("docs/trace-format.md").Text, StringComparison.Ordinal);
    }
}
