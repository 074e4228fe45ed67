using TcpTracer.Formats.Files;
using TcpTracer.Formats.Sinks;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Traces;

namespace TcpTracer.Cli.Handlers.Cluster;

/// <summary>
/// The streams of the nodes, as they come, in files beside the trace that is made of them at the end. If the program is killed, they are
/// what is left.
/// </summary>
/// <param name="output">The trace that is made of them.</param>
internal sealed class NodeParts(string output)
{
    private const UnixFileMode OnlyOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly object _lock = new();
    private readonly List<Part> _parts = [];

    /// <summary>A piece of a stream.</summary>
    /// <param name="File">The file that has it.</param>
    /// <param name="Node">The node that it is of.</param>
    public sealed record Part(string File, string Node);

    /// <summary>The folder of the files.</summary>
    public string Folder { get; } = output + ".parts";

    /// <summary>All pieces so far, in the order in which they began.</summary>
    public IReadOnlyList<Part> All
    {
        get
        {
            lock (_lock)
                return [.. _parts];
        }
    }

    /// <summary>Makes the folder.</summary>
    /// <exception cref="UserException">There is one already, or it cannot be made.</exception>
    public void Begin()
    {
        if (FileFacts.Of(Folder) is not null)
        {
            throw new UserException($"{Sentence.File(Folder)} is left of an earlier run, or another one is at work: join its files, as in "
                + $"`tcptracer merge {Sentence.File(Folder)}/*.tct -o FILE`, or delete it", ExitCode.Failed);
        }
        Directory.CreateDirectory(Folder, OnlyOwner);
    }

    /// <summary>Copies the next piece of a stream into a file while it is read.</summary>
    public Stream Keep(NodeStream node, Stream stream)
    {
        string name = string.Concat(node.Node.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' ? c : '_'));
        string file = Path.Combine(Folder, $"{name}-{node.Pieces + 1}.tct");
        TraceOutput to = TraceOutput.Begin(file, IfExists.Refuse);
        to.Place();
        lock (_lock)
            _parts.Add(new Part(file, node.Node));
        return new KeptStream(stream, to);
    }

    /// <summary>For each node, what its pieces have in common.</summary>
    public Func<string, RecentEvents?> Overlaps()
    {
        Dictionary<string, RecentEvents> known = [];
        Dictionary<string, string> nodes = All.ToDictionary(p => p.File, p => p.Node);
        HashSet<string> broken = [.. All.GroupBy(p => p.Node).Where(g => g.Count() > 1).Select(g => g.Key)];
        return file =>
        {
            if (!nodes.TryGetValue(file, out string? node) || !broken.Contains(node))
                return null;
            if (!known.TryGetValue(node, out RecentEvents? recent))
                known[node] = recent = new RecentEvents(NodeSink.OverlapNs);
            return recent;
        };
    }

    /// <summary>Whether the stream of a piece was taken up again.</summary>
    public bool IsContinued(string file) => All.Last(p => p.Node == NodeOf(file)).File != file;

    /// <summary>The node that a piece is of.</summary>
    public string NodeOf(string file) => All.First(p => p.File == file).Node;

    /// <summary>Deletes them: the trace has all of it.</summary>
    public void Remove() => Directory.Delete(Folder, recursive: true);
}
