using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;

namespace TcpTracer.Replay.Calls;

/// <summary>
/// Who takes part in a connection, in the words that outlive one pod or process: that is what two traces are compared by, and what a map of
/// calls shows. Two parties are equal if their texts are.
/// </summary>
/// <param name="Kind">What it is.</param>
/// <param name="OwnerKind">For an owner: its kind in lower case, such as <c>deployment</c>; else empty.</param>
/// <param name="Namespace">The Kubernetes namespace of an owner, a pod or a service; else empty.</param>
/// <param name="Name">Its name, the command, the address or the block.</param>
public sealed record Party(PartyKind Kind, string OwnerKind, SafeText Namespace, SafeText Name)
{
    private string? _text;
    private int? _hash; // parties are keys of every connection

    /// <summary>Its number among the <see cref="Parties"/> that found it, from 1 on; 0: <see cref="Others"/>.</summary>
    internal int Number { get; set; }

    /// <summary>What is not told apart any more.</summary>
    public static readonly Party Others = new(PartyKind.Others, "", SafeText.Empty, new SafeText("(others)"));

    /// <summary>
    /// Its text, in which every character is visible: <c>deployment/shop/web</c>, <c>pod/shop/debug</c>, <c>svc/shop/db</c>,
    /// <c>node/worker-1</c>, <c>container/1f2e3d</c>, <c>10.0.0.1</c>, <c>203.0.113.0/24</c>, and for a command only its name.
    /// </summary>
    public override string ToString() => _text ??= Word is { Length: > 0 } word
        ? Namespace.Raw.Length > 0 ? $"{word}/{Visible(Namespace)}/{Visible(Name)}" : $"{word}/{Visible(Name)}"
        : Visible(Name);

    /// <summary>The text that is kept does not count: one of two equal parties may have been printed.</summary>
    public bool Equals(Party? other) => ReferenceEquals(this, other) || (other is not null && GetHashCode() == other.GetHashCode()
        && Kind == other.Kind && OwnerKind == other.OwnerKind && Namespace.Equals(other.Namespace) && Name.Equals(other.Name));

    /// <inheritdoc/>
    public override int GetHashCode() =>
        _hash ??= HashCode.Combine(SeededHash.HashOf((ulong)Kind), OwnerKind, Namespace, Name);

    private string Word => Kind switch
    {
        PartyKind.Owner => OwnerKind,
        PartyKind.Pod => "pod",
        PartyKind.Service => "svc",
        PartyKind.Node => "node",
        PartyKind.Container => "container",
        _ => "",
    };

    private static string Visible(SafeText text) => System.Text.Encoding.UTF8.GetString(text.Text);
}
