using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace TcpTracer.Recorder.Workloads;

/// <summary>
/// Checks YAML part by part before a reader makes objects of it. Such a reader descends by recursion, and makes the objects of an
/// alias again for each use.
/// </summary>
internal static class YamlBounds
{
    /// <summary>The most levels. A kubeconfig has ten.</summary>
    public const int Deepest = 64;

    /// <summary>The most values, aliases resolved. A kubeconfig of a thousand clusters has fifty thousand.</summary>
    public const int MostValues = 200_000;

    /// <summary>Does nothing if the text keeps to the limits.</summary>
    /// <exception cref="TooMuchException">It exceeds them.</exception>
    /// <exception cref="YamlException">It is not YAML.</exception>
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
