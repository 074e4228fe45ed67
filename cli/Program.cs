using System.CommandLine;
using System.CommandLine.Invocation;
using TcpTracer.Cli.Commands;
using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Sentences;

Outcome.GuardThreads();
args = KubectlPlugin.Words(RawArguments.Of(args));
Outcome.Records = args is [] or ["record" or "doctor", ..] || args[0].StartsWith('-');
StandardOutput.TakeConsole();
if (args is [WordCompletion.Request, .. var words])
    return Outcome.Guard(() => WordCompletion.Print(words), verbose: false);
// An argument that begins with @ is an argument like any other, not the name of a response file
ParseResult parsed = TcpTracerCommand.Create().Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
return Outcome.Guard(Run, verbose: parsed.GetValue(TcpTracerCommand.Verbose));

int Run()
{
    if (parsed.Action is ParseErrorAction)
        return Usage.Complain(parsed);
    if (Usage.Misplaced(parsed) is { } misplaced)
        return Usage.Complain(parsed, misplaced);
    return parsed.Invoke(new InvocationConfiguration
    {
        EnableDefaultExceptionHandler = false,
        ProcessTerminationTimeout = null, // we handle the signals: a slow flush must not be cut short
    });
}
