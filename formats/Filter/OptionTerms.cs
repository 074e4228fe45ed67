using System.Net;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;

namespace TcpTracer.Formats.Filter;

/// <summary>Whether events with a value pass an option that selects.</summary>
public enum OptionVerdict
{
    /// <summary>They do, or it is not known.</summary>
    Passes,

    /// <summary>Only if the other end passes: the option is about either end.</summary>
    ByOtherEnd,

    /// <summary>They do not.</summary>
    Excluded,
}

/// <summary>
/// Judges single values by the list of an option, such as <c>--port 80,!443</c>: what can a recording with that option hold?
/// </summary>
public static class OptionTerms
{
    private const string Ports = "--port", Addresses = "--addr", Operations = "--op";

    private static readonly Dictionary<string, string> s_ofField = new()
    {
        ["pid"] = "--pid", ["uid"] = "--uid", ["comm"] = "--comm", ["saddr"] = Addresses, ["daddr"] = Addresses, ["sport"] = Ports,
        ["dport"] = Ports, ["operation"] = Operations, ["netns"] = "--netns", ["namespace"] = "--namespace", ["pod"] = "--podname",
        ["container"] = "--containername",
    };

    /// <summary>The option that selects by a field; null: none does by a list.</summary>
    public static string? OptionOf(string field) => s_ofField.GetValueOrDefault(field);

    /// <summary>Whether events with this value pass the option.</summary>
    /// <param name="option">The option, by its long name.</param>
    /// <param name="list">What it was given.</param>
    /// <param name="value">The value, as it is written in a filter.</param>
    public static OptionVerdict Judge(string option, string list, string value)
    {
        try
        {
            return option switch
            {
                "--pid" or "--uid" or "--netns" or Ports => Numbers(option, list, value),
                Addresses => OfAddresses(list, new Address(IPAddress.Parse(value).GetAddressBytes())),
                Operations => OfOperations(list, OperationNames.Parse(value)),
                _ => Judge(Terms<string>.Parse(list, NamePattern.Parser(option)), new SafeText(value), NamePattern.Matches),
            };
        }
        catch (Exception e) when (e is SelectionException or FormatException)
        {
            return OptionVerdict.Passes; // a name of a user, a block of addresses, a mistake
        }
    }

    private static OptionVerdict OfAddresses(string list, Address value) => Judge(
        Terms<AddressBlock>.Parse(list, AddressBlock.Parse), value, (block, address) => block.Contains(address), isEitherEnd: true);

    private static OptionVerdict Numbers(string option, string list, string value) => Quantity.TryWhole(value) is not { } number
        ? OptionVerdict.Passes
        : Judge(Terms<NumberRange>.Parse(list, NumberRange.Parser(option, uint.MaxValue, ranges: option == Ports)), number,
            (range, n) => range.Contains(n), isEitherEnd: option == Ports);

    private static OptionVerdict OfOperations(string list, IReadOnlyList<Operation> wanted)
    {
        var terms = Terms<IReadOnlyList<Operation>>.Parse(list, OperationNames.Parse);
        bool Passes(Operation o) => o is Operation.Existing or Operation.Progress // recordings have them for other reasons, too
            || Judge(terms, o, (all, one) => all.Contains(one)) == OptionVerdict.Passes;
        return wanted.Count == 0 || wanted.Any(Passes) ? OptionVerdict.Passes : OptionVerdict.Excluded;
    }

    private static OptionVerdict Judge<T, TValue>(Terms<T>? terms, TValue value, Func<T, TValue, bool> matches, bool isEitherEnd = false)
    {
        if (terms is null)
            return OptionVerdict.Passes;
        if (terms.Unwanted.Any(t => matches(t, value)))
            return OptionVerdict.Excluded;
        if (terms.Wanted.Length == 0 || terms.Wanted.Any(t => matches(t, value)))
            return OptionVerdict.Passes;
        return isEitherEnd ? OptionVerdict.ByOtherEnd : OptionVerdict.Excluded;
    }
}
