using System.CommandLine;
using TcpTracer.Cli;
using TcpTracer.Cli.Commands;

ParseResult parsed = TcpTracerCommand.Create().Parse(args);
return Outcome.Guard(() => parsed.Errors.Count > 0 ? Usage.Complain(parsed) : parsed.Invoke(new InvocationConfiguration
{
    EnableDefaultExceptionHandler = false,
    ProcessTerminationTimeout = null, // signals are ours: a slow flush must not be cut short
}), verbose: args.Contains("--verbose"));
