using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Records;
using TcpTracer.Replay.Copies;

namespace TcpTracer.Cli.Handlers.Copies;

/// <summary>Copies the selected events of traces into a new one.</summary>
internal static class FilterHandler
{
    public static int Run(CopyRequest request) => CopyRun.Run(request, (settled, selection, to) =>
    {
        var note = new CopyNote(CopyNote.Filter, CopyRun.Described(settled), ProgramVersion.NameAndVersion);
        return new TraceCopy(selection, to, note, Environment.ProcessorCount);
    });
}
