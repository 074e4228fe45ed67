using System.Globalization;
using System.Text.RegularExpressions;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Workloads;

/// <summary>Selection by namespace, pod, container and labels: live, while recording, and from the file alone.</summary>
public sealed partial class PodSelectionTests : IClassFixture<ContainerdHost>, IDisposable
{
    private const int Port = 8070;
    private readonly ContainerdHost _host;
    private readonly TemporaryFolder _folder = new();
    private readonly PodOnHost _web, _client, _other;
    private readonly string _server, _main, _idle;

    public PodSelectionTests(ContainerdHost host)
    {
        _host = host;
        (_web, _client, _other) = (host.RunPod("shop", "web"), host.RunPod("default", "client"), host.RunPod("jobs", "other"));
        _server = _web.Serve("server", Port, $"exec httpd -f -h /www -p {Port}");
        (_main, _idle) = (_client.Run("main", "sleep 1000000"), _other.Run("idle", "sleep 1000000"));
    }

    private TcptracerProgram Start(params string[] arguments) => TcptracerProgram.StartWatching(
        [.. arguments, "--runtime-endpoint", _host.Socket, "--port", Port.ToString(CultureInfo.InvariantCulture)]);

    private void Fetch(PodOnHost pod, string container) =>
        pod.Exec(container, string.Create(CultureInfo.InvariantCulture, $"wget -q -O /dev/null http://{_web.Address}:{Port}/"));

    /// <summary>Both pods fetch a page. Returns the owners that were seen, as <c>namespace/pod/container</c>.</summary>
    private string[] Seen(TcptracerProgram program, out RunResult run)
    {
        Fetch(_client, _main);
        Fetch(_other, _idle);
        run = program.Stop();
        Assert.Equal(0, run.ExitCode);
        return Owners(run);
    }

    private static string[] Owners(RunResult run) => [.. run.Lines.Select(l => new SeenEvent(l))
        .Select(e => $"{e.Text("namespace")}/{e.Text("pod")}/{e.Text("container")}").Distinct().Order(StringComparer.Ordinal)];

    [PodFact]
    public void LiveShowsTheDefaultNamespaceByDefault()
    {
        Assert.Equal(["default/client/main"], Seen(Start("-o", "json"), out RunResult run));
        Assert.Contains(", pods of namespace default (-A: everything); Ctrl-C ends", run.Errors);
        Assert.Equal(["default/client/main", "jobs/other/idle", "shop/web/server"], Seen(Start("-o", "json", "-A"), out run));
        Assert.DoesNotContain("-A: everything", run.Errors);
        Assert.Equal(["jobs/other/idle", "shop/web/server"], Seen(Start("-o", "json", "-n", "jobs,shop"), out run));
        Assert.DoesNotContain("-A: everything", run.Errors);
    }

    [PodFact]
    public void SelectionThatHidesEverythingIsReported()
    {
        Assert.Empty(Seen(Start("-o", "json", "-n", "nowhere"), out RunResult run));
        Assert.Matches(@"the selection \(--namespace nowhere --port \d+\) hides all \d+ events \(namespace default, jobs, shop; "
            + @"-A shows everything\)", run.Errors);
    }

    [PodFact]
    public void LiveSelectsByPodContainerAndLabels()
    {
        Assert.Equal(["shop/web/server"], Seen(Start("-o", "json", "-A", "-p", "web"), out _));
        Assert.Equal(["default/client/main", "jobs/other/idle"], Seen(Start("-o", "json", "-A", "-c", "!server"), out _));
        Assert.Equal(["default/client/main", "jobs/other/idle"], Seen(Start("-o", "json", "-A", "-l", "app in (client, other)"), out _));
        Assert.Equal(["shop/web/server"], Seen(Start("-o", "json", "-A", "-l", "app,app!=client,app notin (other)"), out _));
    }

    [PodFact]
    public void ShowSelectsPodsFromTheFileAlone()
    {
        string trace = _folder.File("all.tct");
        Seen(Start("record", "-o", trace), out _);
        string[] Show(params string[] selection) => Owners(TcptracerProgram.Run(["show", trace, "-o", "json", .. selection]));
        Assert.Equal(["default/client/main", "jobs/other/idle", "shop/web/server"], Show());
        Assert.Equal(["default/client/main", "jobs/other/idle", "shop/web/server"], Show("-A"));
        Assert.Equal(["jobs/other/idle"], Show("-n", "jobs"));
        Assert.Equal(["jobs/other/idle"], Show("-l", "app=other"));
        Assert.Equal(["default/client/main", "jobs/other/idle"], Show("-n", "!shop", "-p", "*"));
        Assert.Equal(["shop/web/server"], Show("-F", "container == server"));
    }

    [PodFact]
    public void UnselectedEventsStayInTheKernel()
    {
        const int times = 20;
        TcptracerProgram program = Start("record", "-o", _folder.File("one.tct"), "-n", "jobs");
        for (int i = 0; i < times; i++)
            Fetch(_client, _main);
        Fetch(_other, _idle);
        RunResult run = program.Stop();
        Assert.Contains("2 written", run.Errors);
        // The first event of each of the two other containers brings its cgroup. A few more events are on their way when the verdict is in.
        int captured = int.Parse(Captured.Match(run.Errors).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.InRange(captured, 2, times);
    }

    [PodFact]
    public void LaterContainerIsSelectedFromItsFirstConnection()
    {
        string trace = _folder.File("young.tct");
        TcptracerProgram program = Start("record", "-o", trace, "-n", "young");
        Fetch(_client, _main);
        using (PodOnHost young = _host.RunPod("young", "bird"))
        {
            for (int i = 0; i < 5; i++)
                young.AwaitEnd(young.Run($"c{i}",
                    string.Create(CultureInfo.InvariantCulture, $"exec wget -q -O /dev/null http://{_web.Address}:{Port}/")));
        }
        Assert.Equal(0, program.Stop().ExitCode);
        string[] owners = [.. TcptracerProgram.Run("show", trace, "-o", "json").Lines.Select(l => new SeenEvent(l))
            .Select(e => $"{e.Text("pod")}/{e.Text("container")} {e.Text("operation")}")];
        Assert.Equal([.. Enumerable.Range(0, 5).SelectMany(i => new[] { $"bird/c{i} connect", $"bird/c{i} close" })], owners);
    }

    [GeneratedRegex(@"(\d+) events? captured")]
    private static partial Regex Captured { get; }

    public void Dispose()
    {
        foreach (PodOnHost pod in new[] { _web, _client, _other })
            pod.Dispose();
        _folder.Dispose();
    }
}
