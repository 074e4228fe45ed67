using TcpTracer.Formats.Events;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Words;

namespace TcpTracer.Formats.Text;

/// <summary>Writes one field's value of one event.</summary>
public delegate void FieldWriter(TextBuffer to, in TcpEvent e);

/// <summary>Whether a field applies to an event.</summary>
public delegate bool FieldCondition(in TcpEvent e);

/// <summary>A field's value as a number, to compare.</summary>
public delegate long FieldNumber(in TcpEvent e);

/// <summary>A field's value as an address, to compare.</summary>
public delegate Address FieldAddress(in TcpEvent e);

/// <summary>What a field depends on.</summary>
public enum FieldScope
{
    /// <summary>The event itself: another event of the same ends may have another value.</summary>
    Event,

    /// <summary>The near end alone: the owner, where it runs, its address.</summary>
    Local,

    /// <summary>The far end alone.</summary>
    Remote,
}

/// <summary>One thing that can be shown of an event.</summary>
/// <param name="Name">What it is called on the command line.</param>
/// <param name="JsonKey">Its key in JSON.</param>
/// <param name="Width">Its column's width.</param>
/// <param name="Meaning">One line for people.</param>
/// <param name="Unit">Its unit, or empty.</param>
/// <param name="Text">Writes it for people.</param>
/// <param name="Json">Writes it as a JSON value.</param>
/// <param name="Applies">When it applies; always, if null.</param>
public sealed record Field(string Name, string JsonKey, int Width, string Meaning, string Unit, FieldWriter Text, FieldWriter Json, FieldCondition? Applies)
{
    /// <summary>The column's header.</summary>
    public string Header { get; } = Name.ToUpperInvariant();

    /// <summary>When it applies in JSON and YAML, where that is narrower: there a value that is not known is left out.</summary>
    public FieldCondition? AppliesInJson
    {
        get => _appliesInJson ?? Applies;
        init => _appliesInJson = value;
    }

    private readonly FieldCondition? _appliesInJson;

    /// <summary>Its value where that is a number; null: it is none.</summary>
    public FieldNumber? Number { get; init; }

    /// <summary>Its value where that is an address; null: it is none.</summary>
    public FieldAddress? Address { get; init; }

    /// <summary>Every value it can have, where those are few; null: any.</summary>
    public IReadOnlyList<string>? Words { get; init; }

    /// <summary>Its numbers are users of this machine, so that a filter may call them by name.</summary>
    public bool IsUser { get; init; }

    /// <summary>The operations that a value stands for, where its values are operations; null: they are not.</summary>
    public Func<string, IReadOnlyList<Operation>>? Operations { get; init; }

    /// <summary>
    /// The words that a filter may write shorter: what the short form stands for, which may be several. Empty: it is no short form. Null: the
    /// field has none.
    /// </summary>
    public Func<string, IReadOnlyList<string>>? ShortFor { get; init; }

    /// <summary>What it depends on. Who has the same near end (or far end) has the same value, and need not be asked again.</summary>
    public FieldScope Scope { get; init; } = FieldScope.Event;
}
