using Xunit;

namespace TcpTracer.Tests.Harness;

/// <summary>In place of <c>Assert.All</c>, which is content with nothing: a house rule (TestsThatCanFailTests).</summary>
internal static class Each
{
    public static void Of<T>(IEnumerable<T> items, Action<T> check)
    {
        T[] all = [.. items];
        Assert.NotEmpty(all);
        Assert.All(all, check);
    }
}
