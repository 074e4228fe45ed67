using TcpTracer.Tests.Harness;
using TcpTracer.Tests.Workloads;
using Xunit;

namespace TcpTracer.Tests.Kubernetes;

/// <summary>A false API server costs one sentence and the names, but nothing else.</summary>
public sealed class HostileServerTests : IDisposable
{
    private const string Check = ": check which server the kubeconfig names; names of pods may be missing or old until it can";
    private readonly KubernetesCluster _cluster = new();

    private ApiServer Server => _cluster.Server;

    public static TheoryData<string, string> OddLists => new()
    {
        { "endless blanks", "it sends an object of more than 8 MiB, which no API server does" },
        { "endless text", "it sends an object of more than 8 MiB, which no API server does" },
        { "endless items", "it sends more than 256 MiB of names and labels, which no API server does" },
        { "endless pages", "it sends a list of more than 4000 pages, which no API server does" },
        { "one page again", "it sends the same page of a list again and again, which no API server does" },
        { "long name", "it sends a name of more than 1024 characters, which no API server does" },
        { "many labels", "it sends an object with more than 256 KiB of names and labels, which no API server does" },
        { "many addresses", "it sends an object with more than 64 addresses, which no API server does" },
        { "deep", "it does not answer as an API server does (The maximum configured depth of 64 has been exceeded. "
            + "Cannot read next JSON array)" },
        { "not JSON", "it does not answer as an API server does ('<' is an invalid start of a value)" },
        { "packed", "it does not answer as an API server does ('0x1F' is an invalid start of a value)" },
        { "no object", "it does not answer as an API server does (it is no JSON object)" },
        { "half", "it does not answer as an API server does (it ends in the middle)" },
        { "null", "it does not answer as an API server does (an object of the list is null)" },
    };

    [Theory]
    [MemberData(nameof(OddLists))]
    public void InvalidListIsReportedInOneSentence(string odd, string sentence)
    {
        Server.Pods.Odd = (to, _, next) => odd switch
        {
            "endless blanks" => OddAnswer.EndlessAsync(to, """{"items":[""", " "),
            "endless text" => OddAnswer.EndlessAsync(to, """{"items":[{"x":" """, "a"),
            "endless items" => OddAnswer.EndlessAsync(to, $$"""{"items":[{{OddAnswer.Pod(0)}}""", i => "," + OddAnswer.Pod(i)),
            "endless pages" => OddAnswer.BodyAsync(to, $$"""{"metadata":{"continue":"{{int.Parse(next ?? "0") + 1}}"},"items":[]}"""),
            "one page again" => OddAnswer.BodyAsync(to, """{"metadata":{"continue":"again"},"items":[]}"""),
            "long name" => OddAnswer.BodyAsync(to, $$"""{"items":[{{OddAnswer.Pod(1, new string('a', 1025))}}]}"""),
            "many labels" => OddAnswer.BodyAsync(to, "{\"items\":[{\"metadata\":{\"labels\":{"
                + string.Join(',', Enumerable.Range(0, 3000).Select(i => $"\"{i}\":\"\"")) + "}}}]}"),
            "many addresses" => OddAnswer.BodyAsync(to, "{\"items\":[{\"status\":{\"podIPs\":["
                + string.Join(',', Enumerable.Range(0, 65).Select(i => $"{{\"ip\":\"10.0.0.{i}\"}}")) + "]}}]}"),
            "deep" => OddAnswer.BodyAsync(to, """{"items":""" + new string('[', 1000)),
            "not JSON" => OddAnswer.BodyAsync(to, "<html>"),
            "packed" => OddAnswer.RawAsync(to, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\u001f\u0001\u0001"),
            "no object" => OddAnswer.BodyAsync(to, "[]"),
            "half" => OddAnswer.BodyAsync(to, """{"items":["""),
            _ => OddAnswer.BodyAsync(to, """{"items":[null]}"""),
        };
        Reports reports = _cluster.Follow();
        reports.AwaitReport("problem");
        Assert.Equal($"the Kubernetes API at {Server.Url} cannot be used: {sentence}{Check}", Assert.Single(reports.Said));
        Server.Pods.Odd = null;
        Server.Pods.Put(ApiBodies.Pod("web"));
        reports.AwaitOwner("10.244.1.17", "Pod shop/web");
    }

    /// <summary>The watch has named a pod before; that name stays.</summary>
    [Theory]
    [InlineData("endless line", "it sends an object of more than 8 MiB, which no API server does")]
    [InlineData("ever new pods", "it sends more than 256 MiB of names and labels, which no API server does")]
    public void InvalidWatchIsReportedInOneSentence(string odd, string sentence)
    {
        Server.Pods.Odd = (to, isWatch, _) =>
            !isWatch ? OddAnswer.BodyAsync(to, $$"""{"metadata":{"resourceVersion":"1"},"items":[{{OddAnswer.Pod(1)}}]}""")
            : odd == "endless line" ? OddAnswer.EndlessAsync(to, "", "a")
            : OddAnswer.EndlessAsync(to, "", OddAnswer.AddedLarge);
        Reports reports = _cluster.Follow();
        reports.AwaitReport("problem");
        int before = _cluster.Asked("/api/v1/pods?limit=");
        reports.Await(() => _cluster.Asked("/api/v1/pods?limit=") > before + 1, "it does not ask again");
        // a good list does not mean that the watch has recovered
        Assert.Equal($"the Kubernetes API at {Server.Url} cannot be used: {sentence}{Check}", Assert.Single(reports.Said));
        Assert.Equal("Pod n/p1", reports.Owner("10.0.0.1"));
        Server.Pods.Odd = null;
        Server.Pods.Put(ApiBodies.Pod("web"));
        reports.AwaitOwner("10.244.1.17", "Pod shop/web");
        reports.Await(() => Server.Pods.Watches == 1, "pods are not watched again");
        Server.Pods.EndWatches();
        reports.AwaitReport("recovered");
    }

    /// <summary>Null in place of an object or a text is treated as missing.</summary>
    [Fact]
    public void NullInAnObjectIsTreatedAsMissing()
    {
        Server.Pods.Odd = (to, isWatch, _) => isWatch ? OddAnswer.EndlessAsync(to, "", "\n") : OddAnswer.BodyAsync(to,
            """
            {"metadata":null,"items":[{"metadata":{"uid":"u","name":"p","namespace":"n","labels":{"a":null,"b":"c"},
            "ownerReferences":[null]},"spec":{"containers":[null]},
            "status":{"podIPs":[null,{"ip":"10.0.0.1"}],"containerStatuses":[null,{"name":"c","containerID":"x://1"}]}}]}
            """);
        Reports reports = _cluster.FollowSynced();
        reports.AwaitOwner("10.0.0.1", "Pod n/p");
        Assert.Equal(["b"], reports.View.Index.Pods["u"].Labels.Keys);
    }

    /// <summary>The token is for this server only.</summary>
    [Fact]
    public void RedirectIsNotFollowed()
    {
        using var elsewhere = new ApiServer();
        foreach (ApiResource resource in Server.Resources.Values)
            resource.Odd = (to, _, _) => OddAnswer.RawAsync(to,
                $"HTTP/1.1 307 Temporary Redirect\r\nLocation: {elsewhere.Url}/api/v1/pods\r\nContent-Length: 0\r\n\r\n");
        Reports reports = _cluster.Follow();
        reports.AwaitReport("problem");
        reports.Await(() => _cluster.Asked("/api/v1/pods") > 3, "it does not ask again");
        Assert.Contains(" it answers 307 and sends us elsewhere, where we do not go with these credentials: name the API server itself "
            + "in the kubeconfig;", Assert.Single(reports.Said));
        Assert.Empty(elsewhere.Requests);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n", "X-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n")]
    [InlineData("", "HTTP/1.1 100 Continue\r\nX-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n\r\n")]
    public void EndlessHeadersAreReported(string first, string again)
    {
        Server.Pods.Odd = async (to, _, _) =>
        {
            await OddAnswer.RawAsync(to, first);
            while (true)
                await OddAnswer.RawAsync(to, again);
        };
        Reports reports = _cluster.Follow();
        reports.AwaitReport("problem");
        Assert.Contains(" headers length exceeded ", Assert.Single(reports.Said));
    }

    /// <summary>One byte now and then is not an answer, neither for a list nor for the beginning of a watch.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TricklingAnswerTimesOut(bool isWatch)
    {
        _cluster.Surroundings = _cluster.Surroundings with { PageTime = TimeSpan.FromMilliseconds(300) };
        Server.Pods.Odd = async (to, asksToWatch, _) =>
        {
            if (isWatch && !asksToWatch)
            {
                await OddAnswer.BodyAsync(to, """{"metadata":{"resourceVersion":"1"},"items":[]}""");
                return;
            }
            foreach (char c in "HTTP/1.1 200 OK\r\n" + new string('X', 10_000))
            {
                await OddAnswer.RawAsync(to, c.ToString());
                await Task.Delay(50);
            }
        };
        Reports reports = _cluster.Follow();
        reports.AwaitReport("problem");
        Assert.Contains(" cannot be used: it takes too long; ", reports.Said[0]);
    }

    [Fact]
    public void EverChangingErrorsAreReportedAFewTimesOnly()
    {
        int count = 0;
        foreach (ApiResource resource in Server.Resources.Values)
            resource.Odd = (to, _, _) =>
                OddAnswer.RawAsync(to, $"HTTP/1.1 500 Trouble {Interlocked.Increment(ref count)}\r\nContent-Length: 0\r\n\r\n");
        Reports reports = _cluster.Follow();
        reports.Await(() => count > 60, "it does not ask again");
        Assert.InRange(reports.Said.Count, 1, 8);
    }

    public void Dispose() => _cluster.Dispose();
}
