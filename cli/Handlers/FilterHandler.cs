using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Records;
using TcpTracer.Replay.Copies;

namespace TcpTracer.Cli.Handlers;

/// <summary>Copies the selected events of traces into a new one.</summary>
internal static class FilterHandler
{
    public static int Run(CopyRequest request)
    {
        var note = new CopyNote(CopyNote.Filter, CopyRun.Described(request), ProgramVersion.NameAndVersion);
        return CopyRun.Run(request, (selection, to) => new TraceCopy(selection, to, note, Environment.ProcessorCount));
    }
}
