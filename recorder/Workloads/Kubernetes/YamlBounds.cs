using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace TcpTracer.Recorder.Workloads.Kubernetes;

/// <summary>
/// Looks through YAML part by part before objects are made of it: whoever makes them goes down into it by recursion, and into what aliases stand for as often
/// as they do.
/// </summary>
internal static class YamlBounds
{
    /// <summary>Levels. A kubeconfig has ten.</summary>
    public const int Deepest = 64;

    /// <summary>Values, with those that aliases stand for. A kubeconfig of a thousand clusters has fifty thousand.</summary>
    public const int MostValues = 200_000;

    /// <exception cref="TooMuchException">It is beyond them.</exception>
    /// <exception cref="YamlException">It is no YAML.</exception>
    public static void Require(TextReader text)
    {
        var parser = new Parser(text);
        var sizes = new Dictionary<AnchorName, long>();
        var open = new Stack<(AnchorName Anchor, long Before)>();
        for (long values = 0; parser.MoveNext();)
        {
            switch (parser.Current)
            {
                case MappingStart or SequenceStart:
                    open.Push((((NodeEvent)parser.Current).Anchor, values++));
                    break;
                case MappingEnd or SequenceEnd:
                    (AnchorName anchor, long before) = open.Pop();
                    Note(anchor, values - before);
                    break;
                case Scalar scalar:
                    Note(scalar.Anchor, 1);
                    values++;
                    break;
                case AnchorAlias alias:
                    values += sizes.GetValueOrDefault(alias.Value, 1);
                    break;
            }
            if (open.Count > Deepest)
                throw new TooMuchException($"more than {Deepest} levels");
            if (values > MostValues)
                throw new TooMuchException($"more than {MostValues} values");
        }

        void Note(AnchorName anchor, long size)
        {
            if (!anchor.IsEmpty)
                sizes[anchor] = size;
        }
    }
}
