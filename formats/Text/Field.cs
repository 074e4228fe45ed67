using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Text;

/// <summary>Writes one field's value of one event.</summary>
public delegate void FieldWriter(TextBuffer to, in TcpEvent e);

/// <summary>Whether a field applies to an event.</summary>
public delegate bool FieldCondition(in TcpEvent e);

/// <summary>Returns one field's value as a number, for comparisons.</summary>
public delegate long FieldNumber(in TcpEvent e);

/// <summary>Returns one field's value as an address, for comparisons.</summary>
public delegate Address FieldAddress(in TcpEvent e);

/// <summary>Returns one field's value as an unsigned number.</summary>
public delegate ulong FieldUnsigned(in TcpEvent e);

/// <summary>Returns one field's value as an end of a connection; null: it is not known what has the address.</summary>
public delegate Peer? FieldPeer(in TcpEvent e);

/// <summary>The part of an event that a field depends on.</summary>
public enum FieldScope
{
    /// <summary>The whole event: another event of the same ends may have another value.</summary>
    Event,

    /// <summary>Only this end: the owner, where it runs, and the local address.</summary>
    Local,

    /// <summary>Only the other end.</summary>
    Remote,
}

/// <summary>One value of an event that can be shown, selected and written.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="JsonKey">Its key in JSON.</param>
/// <param name="Width">The width of its column, in characters.</param>
/// <param name="Meaning">What it means, in one line for people.</param>
/// <param name="Unit">Its unit; empty: none.</param>
/// <param name="Text">Writes it for people.</param>
/// <param name="Json">Writes it as a JSON value.</param>
/// <param name="Applies">Whether an event has it; null: every event has it.</param>
public sealed record Field(
    string Name, string JsonKey, int Width, string Meaning, string Unit, FieldWriter Text, FieldWriter Json, FieldCondition? Applies)
{
    /// <summary>The column's header.</summary>
    public string Header { get; init; } = Name.ToUpperInvariant();

    /// <summary>
    /// Whether JSON and YAML show it; null: always. They leave out some values for which columns show a substitute.
    /// </summary>
    public FieldCondition? AppliesInJson
    {
        get => _appliesInJson ?? Applies;
        init => _appliesInJson = value;
    }

    private readonly FieldCondition? _appliesInJson;

    /// <summary>Whether a JSON line of an event has it, and a table a value.</summary>
    public bool IsIn(in TcpEvent e) => AppliesInJson is not { } applies || applies(in e);

    /// <summary>The type of its values, for formats that have types.</summary>
    public FieldType Type { get; init; } = FieldType.Text;

    /// <summary>Returns its value as an unsigned number; null: it is not one.</summary>
    public FieldUnsigned? UnsignedNumber { get; init; }

    /// <summary>Returns its value as an end of a connection; null: it is not one.</summary>
    public FieldPeer? Peer { get; init; }

    /// <summary>Returns its value as a number; null: it is not a number.</summary>
    public FieldNumber? Number { get; init; }

    /// <summary>Returns its value as an address; null: it is not an address.</summary>
    public FieldAddress? Address { get; init; }

    /// <summary>All values that it can have, if they are few; null: it can have any value.</summary>
    public IReadOnlyList<string>? Words { get; init; }

    /// <summary>Its numbers are users of this machine, so that a filter may call them by name.</summary>
    public bool IsUser { get; init; }

    /// <summary>The operations that a value stands for, if its values are operations; null: they are not.</summary>
    public Func<string, IReadOnlyList<Operation>>? Operations { get; init; }

    /// <summary>
    /// The words that a short form in a filter stands for, such as the operations of a letter. Empty: it is not a short form.
    /// Null: the field has no short forms.
    /// </summary>
    public Func<string, IReadOnlyList<string>>? ShortFor { get; init; }

    /// <summary>
    /// What it depends on. Events with the same local end (or remote end) share the value of such a field, so it is
    /// computed once for all of them.
    /// </summary>
    public FieldScope Scope { get; init; } = FieldScope.Event;
}
