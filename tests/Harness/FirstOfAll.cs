using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Live;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(FirstOfAll))]

namespace TcpTracer.Tests.Harness;

/// <summary>Runs the test first that says whether the probes load. If they do not, all other failures are consequences.</summary>
public sealed class FirstOfAll : ITestCollectionOrderer
{
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(c =>
            c.TestCollectionDisplayName.Contains(typeof(ProbesLoadTests).FullName!, StringComparison.Ordinal) ? 0 : 1)];
}
