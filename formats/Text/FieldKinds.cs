using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Text;

/// <summary>
/// The kinds of field that <see cref="FieldTable"/> declares. A kind decides how a value is written for people and in JSON, and whether
/// filters compare it as a number, as an address, or as text.
/// </summary>
internal static class FieldKinds
{
    public delegate SafeText NameOf(in TcpEvent e);

    public delegate (Address Address, ushort Port) EndOf(in TcpEvent e);

    public delegate string AsciiOf(in TcpEvent e);

    public delegate ReadOnlySpan<byte> WordOf(in TcpEvent e);

    /// <summary>A number, any value of which fits into so many bits. JSON does not quote it, and filters compare it as a number.</summary>
    public static Field Number(string name, int width, FieldUnsigned value, string meaning, string unit = "", int bits = 64)
    {
        FieldWriter write = (to, in e) => to.Append(value(in e));
        return new Field(name, name, width, meaning, unit, write, write, null)
        {
            Number = (in e) => (long)Math.Min(value(in e), long.MaxValue),
            UnsignedNumber = value,
            Type = Unsigned(bits),
        };
    }

    /// <summary>
    /// A number that belongs to the owner. This and the next two do not call the method for events, because a lambda around a lambda costs
    /// time for each event.
    /// </summary>
    public static Field Number(string name, int width, Func<ProcessIdentity, ulong> value, string meaning, string unit = "", int bits = 64)
    {
        FieldWriter write = (to, in e) => to.Append(value(e.Process));
        return new Field(name, name, width, meaning, unit, write, write, null)
        {
            Number = (in e) => (long)Math.Min(value(e.Process), long.MaxValue),
            UnsignedNumber = (in e) => value(e.Process),
            Type = Unsigned(bits),
            Scope = FieldScope.Local,
        };
    }

    private static FieldType Unsigned(int bits) => bits switch
    {
        8 => FieldType.Unsigned8,
        16 => FieldType.Unsigned16,
        32 => FieldType.Unsigned32,
        _ => FieldType.Unsigned64,
    };

    /// <summary>A text from outside.</summary>
    public static Field Name(string name, int width, NameOf value, string meaning) =>
        new(name, name, width, meaning, "", (to, in e) => value(in e).AppendText(to), (to, in e) => value(in e).AppendJson(to), null);

    /// <summary>A text from outside that belongs to the owner.</summary>
    public static Field Name(string name, int width, Func<ProcessIdentity, SafeText> value, string meaning) =>
        new(name, name, width, meaning, "",
            (to, in e) => value(e.Process).AppendText(to), (to, in e) => value(e.Process).AppendJson(to), null)
        {
            Scope = FieldScope.Local,
        };

    /// <summary>A text from outside that belongs to the owner's workload.</summary>
    public static Field Name(string name, int width, Func<Workload, SafeText> value, string meaning) =>
        new(name, name, width, meaning, "",
            (to, in e) => value(e.Workload).AppendText(to), (to, in e) => value(e.Workload).AppendJson(to), null)
        {
            Scope = FieldScope.Local,
        };

    /// <summary>A text of the owner's workload. It does not apply if it is not known.</summary>
    public static Field Known(string name, int width, Func<Workload, string> value, string meaning) =>
        Name(name, width, w => new SafeText(value(w)), meaning) with { Applies = (in e) => value(e.Workload).Length > 0 };

    /// <summary>An address. Filters compare it as an address.</summary>
    public static Field IpAddress(string name, int width, FieldAddress value, string meaning) =>
        Word(name, width, (in e) => value(in e).Text, meaning) with { Address = value };

    /// <summary>
    /// An end of a connection. JSON has an object, or nothing if it is not known what has the address. Columns then show the address.
    /// </summary>
    public static Field End(string name, int width, FieldPeer peer, EndOf end, string meaning) => new(name, name, width, meaning, "",
        (to, in e) =>
        {
            (Address address, ushort port) = end(in e);
            PeerText.Write(to, peer(in e), address, port);
        },
        (to, in e) => PeerText.WriteJson(to, peer(in e)!), null)
    {
        AppliesInJson = (in e) => peer(in e) is not null,
        Type = FieldType.Peer,
        Peer = peer,
    };

    /// <summary>A text of ours, in ASCII.</summary>
    public static Field Ascii(string name, int width, AsciiOf value, string meaning) =>
        new(name, name, width, meaning, "", (to, in e) => to.AppendAscii(value(in e)), (to, in e) => WriteQuoted(to, value(in e)), null);

    /// <summary>A text of ours, already in UTF-8.</summary>
    public static Field Word(string name, int width, WordOf value, string meaning) =>
        Unquoted(name, width, (to, in e) => to.Append(value(in e)), meaning) with
        {
            Json = (to, in e) =>
            {
                to.Append((byte)'"');
                to.Append(value(in e));
                to.Append((byte)'"');
            },
        };

    /// <summary>A flag: the text <c>true</c>, or nothing.</summary>
    public static Field Flag(string name, EventFlags flag, string meaning) =>
        Unquoted(name, name.Length, (to, in e) => to.Append("true"u8), meaning) with
        {
            Words = ["true"],
            Type = FieldType.Flag,
            Applies = (in e) => (e.Flags & flag) != 0,
        };

    /// <summary>A field with a writer of its own, whose text becomes a string in JSON.</summary>
    public static Field Quoted(string name, int width, FieldWriter write, string meaning) => Unquoted(name, width, write, meaning) with
    {
        Json = (to, in e) =>
        {
            to.Append((byte)'"');
            write(to, in e);
            to.Append((byte)'"');
        },
    };

    /// <summary>A field with a writer of its own, whose text is also its JSON value.</summary>
    public static Field Unquoted(string name, int width, FieldWriter write, string meaning) =>
        new(name, name, width, meaning, "", write, write, null);

    /// <summary>Writes a text as a JSON string; it must not need escapes.</summary>
    public static void WriteQuoted(TextBuffer to, string ascii)
    {
        to.Append((byte)'"');
        to.AppendAscii(ascii);
        to.Append((byte)'"');
    }
}
