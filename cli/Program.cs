using System.CommandLine;
using System.CommandLine.Invocation;
using TcpTracer.Cli.Commands;
using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Sentences;

Outcome.GuardThreads();
Outcome.Records = args is [] or ["record" or "doctor", ..] || args[0].StartsWith('-');
StandardOutput.TakeConsole();
args = RawArguments.Of(args);
if (args is [WordCompletion.Request, .. var words])
    return Outcome.Guard(() => WordCompletion.Print(words), verbose: false);
// No response files: an argument that begins with @ is an argument
ParseResult parsed = TcpTracerCommand.Create().Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
return Outcome.Guard(() => parsed.Action is ParseErrorAction ? Usage.Complain(parsed) : Usage.Misplaced(parsed) is { } misplaced ? Usage.Complain(parsed, misplaced) : parsed.Invoke(new InvocationConfiguration
{
    EnableDefaultExceptionHandler = false,
    ProcessTerminationTimeout = null, // signals are ours: a slow flush must not be cut short
}), verbose: parsed.GetValue(TcpTracerCommand.Verbose));
