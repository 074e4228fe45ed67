using System.CommandLine;
using TcpTracer.Cli.Handlers.Copies;
using TcpTracer.Cli.Help;

namespace TcpTracer.Cli.Commands;

internal static class FilterCommand
{
    public static Command Create()
    {
        var copy = new CopyOptions();
        var filter = new DocumentedCommand("filter", "Copy the selected events of traces into a new trace", """
              tcptracer filter trace.tct -o shop.tct -n shop       one namespace, and nothing of the others
              tcptracer filter trace.tct -o part.tct --since 14:30 --until 14:35
              tcptracer filter trace.tct -o - --failed | tcptracer show -
            """)
        {
            Notes = """
                The copy has the names that its events need, and no others. It says with which selection it was made.

                What the selection excludes is not named in it.

                Connections that are older than the recorder, and progress, are copied, too, whether show prints them or not.

                Exit code 3 says that a trace was damaged, and that its good parts are copied.
                """,
        };
        copy.AddTo(filter);
        filter.SetAction(parsed => FilterHandler.Run(copy.Read(parsed)));
        return filter;
    }
}
