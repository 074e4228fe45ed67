using System.Reflection;
using TcpTracer.Bpf;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Filter;
using TcpTracer.Recorder.Live;
using TcpTracer.Replay.Summaries;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>A record prints its public properties. One that computes another record of the same type would print for ever.</summary>
public sealed class RecordsTests
{
    [Fact]
    public void NoRecordComputesItselfInAProperty() => Each.Of(Records(), record =>
        Assert.DoesNotContain(record.GetProperties(BindingFlags.Public | BindingFlags.Instance),
            p => !p.CanWrite && p.PropertyType == record && p.GetMethod!.GetParameters().Length == 0));

    private static IEnumerable<Type> Records() =>
        new[] { typeof(ProbeOptions), typeof(Selection), typeof(TotalsColumn), typeof(CaptureOptions), typeof(SummaryRequest) }
            .SelectMany(t => t.Assembly.GetTypes()).Where(t => t.GetMethod("<Clone>$") is not null);
}
