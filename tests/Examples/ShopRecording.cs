using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Examples;

/// <summary>What <c>examples/record</c> runs. It tests nothing, but records the example, so it runs only if somebody asks for it.</summary>
public sealed class ShopRecording
{
    private const int Largest = 20_000;

    [Fact(Explicit = true)]
    public void RecordTheExample()
    {
        Assert.Null(KnownFact.AgainstRecording ?? KnownFact.AgainstNamespaces);
        using var folder = new TemporaryFolder();
        using var shop = new Shop();
        // Only connections of the shop: the machine's other connections do not belong into a published file
        TcptracerProgram recorder = shop.Record(folder.Path, "-o", "shop.tct", "-F", "namespace in (shop, kube-system) or comm == kubelet");
        Play(shop);
        RunResult run = recorder.Stop();
        Assert.True(run.ExitCode == 0 && run.Errors.Contains("\n0 events lost", StringComparison.Ordinal), run.Errors);
        byte[] trace = File.ReadAllBytes(folder.File("shop.tct"));
        Assert.InRange(trace.Length, 1, Largest);
        Assert.Equal("", Shell.Run("lz4 -dc $1 | strings | grep -e /tmp -e \"$(hostname)\" -e $HOME/", folder.File("shop.tct")).Output);
        File.WriteAllBytes(Environment.GetEnvironmentVariable("TCPTRACER_EXAMPLE")!, trace);
    }

    private static void Play(Shop shop)
    {
        Action awaitReset = shop.Subscribe();
        shop.Probe();
        shop.Browse("/", "/", "/checkout");
        Action awaitReport = shop.StartReport();
        Thread.Sleep(600); // by now it is asking the database
        shop.BrowseAtOnce(4, "/checkout");
        awaitReport();
        shop.BlockPayments();
        shop.BrowseAtOnce(2, "/checkout");
        shop.Probe();
        shop.Browse("/");
        awaitReset();
    }
}
