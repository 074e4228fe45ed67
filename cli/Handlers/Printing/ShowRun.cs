using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Connections;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Text;
using TcpTracer.Replay.Printing;
using TcpTracer.Replay.Reading;

namespace TcpTracer.Cli.Handlers.Printing;

/// <summary>
/// How one <c>show</c> command prints its files. Plain events go through the printer, which uses all processors. Connections, sorted rows
/// and formats that depend on the rows before go through sinks, one row after the other.
/// </summary>
internal sealed class ShowRun
{
    private Action<Stream, EventPlace> _print = null!;
    private Action _finish = () => { };
    private Func<bool> _isOver = () => false;
    private ConnectionTracker? _tracker;
    private FilesToCome? _toCome;

    private ShowRun(TraceSelection selection) => Selection = selection;

    /// <summary>Which events, and what was found.</summary>
    public TraceSelection Selection { get; }

    /// <summary>Whether as many rows as were wanted are there: the rest of the files need not be read.</summary>
    public bool IsOver => Selection.IsDone || _isOver();

    /// <summary>Whether --first counts events that are selected: else it counts rows that come out.</summary>
    public static bool LimitsEvents(ShowRequest request) => !request.Connections && request.Order is null;

    /// <summary>For a request.</summary>
    public static ShowRun Of(ShowRequest request, TraceSelection selection, Stream output)
    {
        var run = new ShowRun(selection);
        EventFormat format = request.NewFormat();
        if (LimitsEvents(request) && !format.IsInOrder)
        {
            var printer = new TracePrinter(selection, request.NewFormat, output, request.WithStatus, Environment.ProcessorCount);
            run._print = printer.Print;
            return run;
        }
        IEventSink sink = run.Rows(request, format, output);
        if (request.Connections)
        {
            run._tracker = ConnectionTracker.OfPrintedRows(sink);
            sink = run._tracker;
            run._toCome = request.Follow ? null : new FilesToCome(request.Files);
        }
        var source = new TraceEventSource(selection, sink, Environment.ProcessorCount)
        {
            IsOver = run._isOver, Allowance = new Allowance(),
        };
        run._print = source.Run;
        return run;
    }

    /// <summary>What takes the rows.</summary>
    private IEventSink Rows(ShowRequest request, EventFormat format, Stream output)
    {
        if (request.Order is { } order)
        {
            var sorted = new KeptRows(output, format, order, request.First, request.WithStatus);
            _finish = sorted.Finish;
            return sorted;
        }
        IEventSink text = new TextSink(output, format, request.WithStatus);
        if (request is { Connections: true, Last: { } last })
        {
            var latest = new TailSink(last, text);
            _finish = latest.Finish;
            return latest;
        }
        if (LimitsEvents(request))
            return text;
        var limit = new CountLimit(request.First, null, text);
        _isOver = () => limit.IsReached;
        return limit;
    }

    /// <summary>Prints one file, or takes what is needed of it.</summary>
    public void Print(Stream trace, EventPlace from)
    {
        if (_tracker is not null)
            _toCome?.Begin(_tracker);
        _print(trace, from);
    }

    /// <summary>All files have been read.</summary>
    public void Finish()
    {
        _tracker?.Finish();
        _finish();
        Messages.SayLetGo(_tracker);
        Messages.SayCountedTwice(_tracker);
    }
}
