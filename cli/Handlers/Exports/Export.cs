using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Connections;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Traces;
using TcpTracer.Replay.Exports;
using TcpTracer.Replay.Exports.Parquet;
using TcpTracer.Replay.Exports.Pcapng;
using TcpTracer.Replay.Exports.Perfetto;
using TcpTracer.Replay.Printing;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Cli.Handlers.Exports;

/// <summary>An export under way: what writes its format, and where to.</summary>
internal sealed class Export : IDisposable
{
    private readonly Action<Stream> _read;
    private readonly Stream? _to;
    private readonly IExport? _format;
    private readonly PartitionFolder? _folder;

    private Export(ExportRequest request, TraceSelection selection)
    {
        int workers = Environment.ProcessorCount;
        FileIdentity[] inputs = TraceFiles.IdentitiesOf(request.Files);
        TraceEventSource? source = null;
        if (request.Partition is not null)
        {
            _folder = new PartitionFolder(request.Output, request.Force, inputs, () => source?.Header);
            _folder.Require();
        }
        else
        {
            string? binary = request.IsText ? null : ExportFormats.NameOf(request.To);
            string output = request.ToStandardOutput ? "-" : request.Output;
            _to = TraceFiles.Create(output, request.Force ? IfExists.Overwrite : IfExists.Refuse, binary, inputs);
        }
        if (request is { IsText: true, Connections: false })
        {
            var printer = new TracePrinter(selection, request.NewFormat!, _to!, withStatus: false, workers);
            _read = trace => printer.Print(trace);
            return;
        }
        IEventSink sink = request.IsText
            ? new TextSink(_to!, request.NewFormat!(), withStatus: false)
            : _format = NewFormat(request);
        if (request.Connections)
            sink = Tracker = new ConnectionTracker(sink)
            {
                IsNothingKept = true, CalledEnds = new CalledEnds(), IsGuessedAtOnce = true,
            };
        source = new TraceEventSource(selection, sink, workers) { Allowance = new Allowance() };
        var toCome = new FilesToCome(request.Connections ? request.Files : []);
        _read = Tracker is { } tracker ? trace => toCome.Read(tracker, trace, t => source.Run(t)) : trace => source.Run(trace);
    }

    /// <summary>Makes connections of the events; null: rows are events.</summary>
    public ConnectionTracker? Tracker { get; }

    /// <summary>Events that the format has no place for.</summary>
    public long LeftOut => _format?.LeftOut ?? 0;

    /// <summary>Bytes in what was written.</summary>
    public long BytesWritten { get; private set; }

    /// <summary>Files in the folder that was written; null: it is one file.</summary>
    public int? Files => _folder?.Files;

    /// <summary>Opens the output.</summary>
    /// <exception cref="OutputException">Nothing may be written there.</exception>
    public static Export Begin(ExportRequest request, TraceSelection selection) => new(request, selection);

    private IExport NewFormat(ExportRequest request)
    {
        string tool = ProgramVersion.NameAndVersion, application = tool.Replace(" ", " version ", StringComparison.Ordinal);
        return request.To switch
        {
            ExportKind.Parquet when _folder is { } folder =>
                new PartitionedExport(request.Partition!, request.Fields, folder.Create, folder.Keep, application),
            ExportKind.Parquet => new ParquetExport(_to!, request.Fields, application),
            ExportKind.Pcapng => new PcapngExport(_to!, tool),
            ExportKind.Perfetto => new PerfettoExport(_to!),
            _ => throw new ArgumentOutOfRangeException(nameof(request)),
        };
    }

    /// <summary>Writes what is selected of one trace.</summary>
    public void Read(Stream trace) => Guard(() => _read(trace));

    /// <summary>All is written: the file gets its name.</summary>
    public void Finish()
    {
        Guard(() =>
        {
            Tracker?.Finish();
            _format?.Finish();
        });
        BytesWritten = _folder?.BytesWritten ?? 0;
        if (_to is not TraceOutput file)
            return;
        BytesWritten = file.WholeBytes;
        file.PlaceWhole();
    }

    private static void Guard(Action write)
    {
        try
        {
            write();
        }
        catch (TraceWriteException e) when (e.BytesKept > 0)
        {
            throw new UserException($"{Sentence.File(e.Path)}: {Outcome.WriteFailure(e.Failure)}", ExitCode.Failed); // of a pipe
        }
        catch (TooManyFoldersException)
        {
            string most = Messages.Count(PartitionedExport.MostFolders, "folder");
            throw new UserException($"--partition would make more than {most}: name fewer fields, or select fewer events", ExitCode.Failed);
        }
    }

    public void Dispose()
    {
        _format?.Dispose();
        _to?.Dispose();
        _folder?.Dispose();
    }
}
