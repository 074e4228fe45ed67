using System.Buffers;
using TcpTracer.Recorder.Workloads.Cri;
using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.Workloads;

/// <summary>Limits of a runtime's messages, and files in place of its socket.</summary>
public sealed class CriMessageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void EveryKindOfFieldIsChecked()
    {
        byte[] message = [0x08, 0xff, 0x01, 0x12, 0x02, 1, 2, 0x19, 1, 2, 3, 4, 5, 6, 7, 8, 0x25, 1, 2, 3, 4];
        Assert.Equal(message.Length, CriMessage.Require(new ReadOnlySequence<byte>(message), 100).Length);
    }

    [Theory]
    [InlineData(CriMessage.MostEntries, true)]
    [InlineData(CriMessage.MostEntries + 1, false)]
    public void TooManyEntriesAreRefused(int entries, bool isTaken)
    {
        var message = new ReadOnlySequence<byte>([.. Enumerable.Repeat(new byte[] { 0x0a, 0x00 }, entries).SelectMany(e => e)]);
        if (isTaken)
            CriMessage.Require(message, int.MaxValue);
        else
            Assert.Throws<InvalidDataException>(() => CriMessage.Require(message, int.MaxValue));
    }

    [Theory]
    [InlineData(new byte[] { 0x0a, 0x05, 1 })]
    [InlineData(new byte[] { 0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01 })]
    [InlineData(new byte[] { 0x08, 0xff })]
    [InlineData(new byte[] { 0x0b })]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff })]
    public void InvalidMessageIsRefused(byte[] message) =>
        Assert.Throws<InvalidDataException>(() => CriMessage.Require(new ReadOnlySequence<byte>(message), 100));

    [Fact]
    public void TooLongMessageIsRefused() =>
        Assert.Throws<InvalidDataException>(() => CriMessage.Require(new ReadOnlySequence<byte>([0x0a, 0x00]), 1));

    [RecordingTheory]
    [InlineData("mkfifo $1/s")]
    [InlineData("echo hello >$1/s")]
    [InlineData("mkdir $1/s")]
    public void EndpointThatIsNoSocketIsReportedOnce(string make)
    {
        RunResult run = Shell.Run(
            $"{make}; cd $1; KUBECONFIG=/nonexistent $TCPTRACER record -o t.tct --runtime-endpoint $1/s --duration 1ms", _folder.Path);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains($"tcptracer: {_folder.File("s")} (--runtime-endpoint) is no socket: give that of the container runtime with "
            + "--runtime-endpoint; until then it names no pods", run.ErrorLines);
    }

    public void Dispose() => _folder.Dispose();
}
