using System.CommandLine;
using TcpTracer.Cli.Commands;
using TcpTracer.Formats.Filter;
using Xunit;

namespace TcpTracer.Tests.Formats;

/// <summary>A selection that is handed to another run of the program is the same there.</summary>
public sealed class SelectionArgumentsTests
{
    public static TheoryData<string> Lines =>
    [
        "", "-A", "-n shop,!kube-system -p web -c nginx", "-l app=web,tier!=db --pid 1,2 --uid 0 --port 443,8000-8999 --addr 10.0.0.0/8",
        "--op connect,close --existing", "--failed --comm=!curl --filter=latency>10ms", "--node=!a --netns 4026531840",
    ];

    private static Selection Read(IEnumerable<string> words)
    {
        var options = new SelectionOptions();
        var command = new Command("x");
        options.AddTo(command);
        ParseResult parsed = command.Parse([.. words]);
        Assert.Empty(parsed.Errors);
        return options.Read(parsed);
    }

    [Theory, MemberData(nameof(Lines))]
    public void ArgumentsGiveTheSameSelection(string line)
    {
        Selection asked = Read(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(asked with { UserNumber = null }, Read(asked.Arguments) with { UserNumber = null });
    }
}
