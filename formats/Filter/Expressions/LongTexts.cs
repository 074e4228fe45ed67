using System.Runtime.CompilerServices;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Words;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Filter.Expressions;

/// <summary>
/// What a comparison found in a long text of an event's owner, for the next event of the same: a block may have a command line of 64 KiB in
/// it, once, and very many rows of that process, each of which is asked. For any number of threads.
/// </summary>
/// <param name="write">Writes the text.</param>
/// <param name="matches">Whether it is as it should be.</param>
internal sealed class LongTexts(FieldWriter write, TextCondition matches)
{
    private const int Long = 256;

    [ThreadStatic]
    private static TextBuffer? s_text;

    [ThreadStatic]
    private static long s_bytes;

    private readonly ConditionalWeakTable<ProcessIdentity, Answer> _answers = [];
    private volatile bool _isUsed;

    /// <summary>How much text this thread has looked at.</summary>
    internal static long BytesLookedAt => s_bytes;

    private sealed record Answer(Workload Workload, bool Holds);

    public bool Holds(in TcpEvent e)
    {
        if (_isUsed && e.Process is not null && _answers.TryGetValue(e.Process, out Answer? known) && ReferenceEquals(known.Workload, e.Workload))
            return known.Holds;
        TextBuffer text = s_text is { Capacity: < 1 << 20 } small ? small : s_text = new TextBuffer(Long);
        text.Clear();
        write(text, in e);
        s_bytes += text.Length;
        bool holds = matches(text.Written);
        if (text.Length <= Long || e.Process is null)
            return holds;
        _answers.AddOrUpdate(e.Process, new Answer(e.Workload, holds));
        _isUsed = true;
        return holds;
    }
}

/// <summary>Whether a text is as it should be.</summary>
internal delegate bool TextCondition(ReadOnlySpan<byte> text);
