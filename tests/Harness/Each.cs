using Xunit;

namespace TcpTracer.Tests.Harness;

/// <summary>Replaces <c>Assert.All</c>, which passes if there is nothing to look at (TestsThatCanFailTests holds that rule).</summary>
internal static class Each
{
    public static void Of<T>(IEnumerable<T> items, Action<T> check)
    {
        T[] all = [.. items];
        Assert.NotEmpty(all);
        Assert.All(all, check);
    }
}
