namespace TcpTracer.Cli.Help;

/// <summary>The examples of <c>tcptracer --help</c>. Each command has its own in its <see cref="DocumentedCommand"/>.</summary>
internal static class FirstExamples
{
    /// <summary>Lines to try, as <see cref="HelpText"/> takes rows.</summary>
    public const string Text = """
          tcptracer                                    print connections as they happen
          tcptracer --failed -o wide                   connects that failed, and why
          tcptracer --connections                      one row a connection, when it ends
          tcptracer -o short                           for eyes, in colours
          tcptracer -o json --port 443,8000-8999       as JSON lines, these ports only
          tcptracer -n shop -l app=web -o wide         pods by namespace and label
          tcptracer -F 'latency_ns > 100ms'            connects that took long
          tcptracer record -o trace.tct                until Ctrl-C
          tcptracer record -o trace.tct -- curl URL    one command and what it starts
          tcptracer show trace.tct --comm curl         replay, on any machine
        """;
}
