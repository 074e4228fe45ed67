using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace TcpTracer.Replay.Policies;

/// <summary>A file is no list of policies.</summary>
/// <param name="line">Where.</param>
/// <param name="reason">Why, in a few words.</param>
public sealed class PolicyFileException(long line, string reason) : Exception(reason)
{
    /// <summary>The line, from 1; 0: not known.</summary>
    public long Line => line;
}

/// <summary>
/// YAML as texts, lists and maps. YamlDotNet reads it part by part. Its own tree has no limits, so we make ours: it is bounded in depth and
/// size, and takes no aliases, which could stand for any number of values.
/// </summary>
internal static class PolicyTree
{
    private const int Deepest = 32, MostValues = 500_000;

    /// <summary>The documents of a text.</summary>
    /// <exception cref="PolicyFileException">It is no YAML, or too much of it.</exception>
    public static List<object?> Read(TextReader text)
    {
        var parser = new Parser(text);
        var documents = new List<object?>();
        int values = 0;
        try
        {
            while (parser.MoveNext())
            {
                if (parser.Current is NodeEvent)
                    documents.Add(Node(parser, 0, ref values));
            }
        }
        catch (YamlException e)
        {
            throw new PolicyFileException(e.Start.Line, "this is no YAML");
        }
        return documents;
    }

    private static object? Node(Parser parser, int depth, ref int values)
    {
        ParsingEvent at = parser.Current!;
        if (depth > Deepest || ++values > MostValues)
            throw new PolicyFileException(at.Start.Line, "too deep or too large");
        switch (at)
        {
            case Scalar { Style: ScalarStyle.Plain, Value: "" or "~" or "null" }:
                return null;
            case Scalar scalar:
                return scalar.Value;
            case SequenceStart:
                var list = new List<object?>();
                while (parser.MoveNext() && parser.Current is not SequenceEnd)
                    list.Add(Node(parser, depth + 1, ref values));
                return list;
            case MappingStart:
                var map = new Dictionary<string, object?>();
                while (parser.MoveNext() && parser.Current is not MappingEnd)
                {
                    string key = parser.Current is Scalar name ? name.Value
                        : throw new PolicyFileException(at.Start.Line, "a key is no text");
                    parser.MoveNext();
                    if (!map.TryAdd(key, Node(parser, depth + 1, ref values)))
                        throw new PolicyFileException(at.Start.Line, "a key stands twice");
                }
                return map;
            default:
                throw new PolicyFileException(at.Start.Line, "aliases are not taken");
        }
    }
}
