using System.Runtime.CompilerServices;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Filter.Expressions;

/// <summary>
/// Remembers how a comparison of a long text ended, for the next event of the same owner. A block may have one command line of 64 KiB and
/// many rows of that process; without this each row would compare the whole text again. Several threads may use it.
/// </summary>
/// <param name="write">Writes the text of an event.</param>
/// <param name="matches">Compares the text.</param>
internal sealed class LongTexts(FieldWriter write, TextCondition matches)
{
    private const int Long = 256;

    [ThreadStatic]
    private static TextBuffer? s_text;

    [ThreadStatic]
    private static long s_bytes;

    private readonly ConditionalWeakTable<ProcessIdentity, Answer> _answers = [];
    private volatile bool _isUsed;

    /// <summary>Bytes of text that this thread has compared. Tests read it.</summary>
    internal static long BytesLookedAt => s_bytes;

    private sealed record Answer(Workload Workload, bool Holds);

    public bool Holds(in TcpEvent e)
    {
        if (_isUsed && e.Process is not null
            && _answers.TryGetValue(e.Process, out Answer? known) && ReferenceEquals(known.Workload, e.Workload))
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

/// <summary>Whether a text meets a condition.</summary>
internal delegate bool TextCondition(ReadOnlySpan<byte> text);
