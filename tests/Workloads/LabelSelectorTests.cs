using System.Collections.Immutable;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Strings;
using Xunit;

namespace TcpTracer.Tests.Workloads;

/// <summary>Label selectors, as kubectl takes them.</summary>
public sealed class LabelSelectorTests
{
    private static readonly ImmutableSortedDictionary<string, string> s_labels =
        ImmutableSortedDictionary<string, string>.Empty.Add("app", "web").Add("tier", "front").Add("app.kubernetes.io/name", "shop")
            .Add("empty", "");

    [Theory]
    [InlineData("app=web", true)]
    [InlineData("app==web", true)]
    [InlineData("app = web", true)]
    [InlineData("app=db", false)]
    [InlineData("app!=db", true)]
    [InlineData("app!=web", false)]
    [InlineData("nothing!=web", true)]
    [InlineData("app=web,tier=front", true)]
    [InlineData("app=web,tier=back", false)]
    [InlineData("app in (web,db)", true)]
    [InlineData("app in (a, web)", true)]
    [InlineData("app in (db)", false)]
    [InlineData("app notin (db, cache),tier", true)]
    [InlineData("app notin (web)", false)]
    [InlineData("nothing notin (web)", true)]
    [InlineData("app", true)]
    [InlineData("nothing", false)]
    [InlineData("!nothing", true)]
    [InlineData("!app", false)]
    [InlineData("app.kubernetes.io/name=shop,!nothing,tier in (front)", true)]
    [InlineData("empty=", true)]
    [InlineData("in=x", false)]
    public void SelectorMatchesTheLabelsOfAPod(string selector, bool expected) =>
        Assert.Equal(expected, LabelSelector.Parse(selector).Matches(s_labels));

    [Theory]
    [InlineData("app!=web")]
    [InlineData("!app")]
    [InlineData("app=web")]
    public void SelectorNeverMatchesOutsideAPod(string selector) => Assert.False(LabelSelector.Parse(selector).Matches(null));

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("app=web tier=front")]
    [InlineData("app>3")]
    [InlineData("=web")]
    [InlineData("app in web")]
    [InlineData("app in (web")]
    [InlineData("app,,tier")]
    [InlineData("a=b;c=d")]
    public void InvalidSelectorIsAnError(string selector)
    {
        SelectionException e = Assert.Throws<SelectionException>(() => LabelSelector.Parse(selector));
        Assert.Contains("--selector", e.Message);
    }
}
