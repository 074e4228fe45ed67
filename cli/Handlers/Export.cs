using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Traces;
using TcpTracer.Formats.Words;
using TcpTracer.Replay.Exports;
using TcpTracer.Replay.Exports.Parquet;
using TcpTracer.Replay.Printing;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Cli.Handlers;

/// <summary>An export under way: what writes its format, and where to.</summary>
internal sealed class Export : IDisposable
{
    private readonly Stream _to;
    private readonly Action<Stream> _read;
    private readonly IExport? _format;

    private Export(Stream to, Action<Stream> read, IExport? format = null)
    {
        _to = to;
        _read = read;
        _format = format;
    }

    /// <summary>Bytes in the file.</summary>
    public long BytesWritten { get; private set; }

    /// <summary>Opens the output.</summary>
    /// <exception cref="OutputException">Nothing may be written there.</exception>
    public static Export Begin(ExportRequest request, TraceSelection selection)
    {
        Stream to = Open(request);
        int workers = Environment.ProcessorCount;
        if (request.IsText)
        {
            var printer = new TracePrinter(selection, request.NewFormat!, to, withStatus: false, workers);
            return new Export(to, trace => printer.Print(trace));
        }
        IExport format = new ParquetExport(to, request.Fields, ProgramVersion.NameAndVersion.Replace(" ", " version ", StringComparison.Ordinal));
        var source = new TraceEventSource(selection, format, workers) { Allowance = new Allowance() };
        return new Export(to, trace => source.Run(trace), format);
    }

    /// <summary>Writes what is selected of one trace.</summary>
    public void Read(Stream trace) => Guard(() => _read(trace));

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
    }

    /// <summary>All is written: the file gets its name.</summary>
    public void Finish()
    {
        Guard(() => _format?.Finish());
        if (_to is not TraceOutput file)
            return;
        BytesWritten = file.WholeBytes;
        file.Place();
    }

    private static Stream Open(ExportRequest request)
    {
        FileIdentity[] inputs = [.. request.Files.Select(FactsOf).OfType<FileFacts>().Select(f => f.Identity)];
        if (!request.ToStandardOutput)
            return TraceOutput.Begin(request.Output, request.Force ? WhenThere.Overwrite : WhenThere.Refuse, inputs);
        if (!request.IsText && !Console.IsOutputRedirected)
        {
            string name = ExportFormats.NameOf(request.To);
            throw new SelectionException($"{name} is binary: redirect standard output, or name a file with -o");
        }
        FileFacts? output = FileFacts.OfDescriptor(StandardDescriptor.Output);
        bool isInput = output is { Kind: FileKind.Regular, Identity: var identity } && inputs.Contains(identity);
        return isInput ? throw new OutputException("-", OutputFault.IsInput) : new StandardOutput();
    }

    private static FileFacts? FactsOf(string file) => file == "-" ? FileFacts.OfDescriptor(StandardDescriptor.Input) : FileFacts.Of(file);

    public void Dispose()
    {
        _format?.Dispose();
        _to.Dispose();
    }
}
