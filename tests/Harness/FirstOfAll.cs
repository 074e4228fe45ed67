using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Live;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCollectionOrderer(typeof(FirstOfAll))]

namespace TcpTracer.Tests.Harness;

/// <summary>Starts with the test that says whether the probes load: where they do not, every other failure is a consequence.</summary>
public sealed class FirstOfAll : ITestCollectionOrderer
{
    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections) where TTestCollection : ITestCollection =>
        [.. testCollections.OrderBy(c => c.TestCollectionDisplayName.Contains(typeof(ProbesLoadTests).FullName!, StringComparison.Ordinal) ? 0 : 1)];
}
