using System.CommandLine;
using System.CommandLine.Invocation;
using TcpTracer.Cli;
using TcpTracer.Cli.Commands;
using TcpTracer.Cli.Handlers;

Signals.SurviveRequests();
// No response files: an argument that begins with @ is an argument
ParseResult parsed = TcpTracerCommand.Create().Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
return Outcome.Guard(() => parsed.Action is ParseErrorAction ? Usage.Complain(parsed) : parsed.Invoke(new InvocationConfiguration
{
    EnableDefaultExceptionHandler = false,
    ProcessTerminationTimeout = null, // signals are ours: a slow flush must not be cut short
}), verbose: parsed.GetValue(TcpTracerCommand.Verbose));
