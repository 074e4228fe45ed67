using TcpTracer.Formats.Events;
using TcpTracer.Formats.Values;
using TcpTracer.Formats.Words;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Formats.Text;

/// <summary>
/// The kinds of field that <see cref="FieldTable"/> declares. A kind knows how to write a value for people and as JSON, and whether filters
/// compare it as a number, as an address, or as text.
/// </summary>
internal static class FieldKinds
{
    public delegate ulong NumberOf(in TcpEvent e);

    public delegate SafeText NameOf(in TcpEvent e);

    public delegate Peer? PeerOf(in TcpEvent e);

    public delegate (Address Address, ushort Port) EndOf(in TcpEvent e);

    public delegate string AsciiOf(in TcpEvent e);

    public delegate ReadOnlySpan<byte> WordOf(in TcpEvent e);

    /// <summary>A number, which JSON does not quote and filters compare as a number.</summary>
    public static Field Number(string name, int width, NumberOf value, string meaning, string unit = "")
    {
        FieldWriter write = (to, in e) => to.Append(value(in e));
        return new Field(name, name, width, meaning, unit, write, write, null) { Number = (in e) => (long)Math.Min(value(in e), long.MaxValue) };
    }

    /// <summary>
    /// A number of the owner. Written out, like the next two, because a lambda around a lambda costs time for each event.
    /// </summary>
    public static Field Number(string name, int width, Func<ProcessIdentity, ulong> value, string meaning, string unit = "")
    {
        FieldWriter write = (to, in e) => to.Append(value(e.Process));
        return new Field(name, name, width, meaning, unit, write, write, null)
        {
            Number = (in e) => (long)Math.Min(value(e.Process), long.MaxValue), Scope = FieldScope.Local,
        };
    }

    /// <summary>A text from outside.</summary>
    public static Field Name(string name, int width, NameOf value, string meaning) =>
        new(name, name, width, meaning, "", (to, in e) => value(in e).AppendText(to), (to, in e) => value(in e).AppendJson(to), null);

    /// <summary>A text of the owner.</summary>
    public static Field Name(string name, int width, Func<ProcessIdentity, SafeText> value, string meaning) =>
        new(name, name, width, meaning, "", (to, in e) => value(e.Process).AppendText(to), (to, in e) => value(e.Process).AppendJson(to), null)
        {
            Scope = FieldScope.Local,
        };

    /// <summary>A name of where the owner runs.</summary>
    public static Field Name(string name, int width, Func<Workload, SafeText> value, string meaning) =>
        new(name, name, width, meaning, "", (to, in e) => value(e.Workload).AppendText(to), (to, in e) => value(e.Workload).AppendJson(to), null)
        {
            Scope = FieldScope.Local,
        };

    /// <summary>A name of where the owner runs, which is left out where it is not known.</summary>
    public static Field Known(string name, int width, Func<Workload, string> value, string meaning) =>
        Name(name, width, w => new SafeText(value(w)), meaning) with { Applies = (in e) => value(e.Workload).Length > 0 };

    /// <summary>An address, which filters compare as such.</summary>
    public static Field IpAddress(string name, int width, FieldAddress value, string meaning) =>
        Word(name, width, (in e) => value(in e).Text, meaning) with { Address = value };

    /// <summary>
    /// An end of a connection: JSON has an object and leaves it out where nobody knows the address; columns then show the address.
    /// </summary>
    public static Field End(string name, int width, PeerOf peer, EndOf end, string meaning) => new(name, name, width, meaning, "",
        (to, in e) =>
        {
            (Address address, ushort port) = end(in e);
            PeerText.Write(to, peer(in e), address, port);
        },
        (to, in e) => PeerText.WriteJson(to, peer(in e)!), null)
    {
        AppliesInJson = (in e) => peer(in e) is not null,
    };

    /// <summary>A text of our own, in ASCII.</summary>
    public static Field Ascii(string name, int width, AsciiOf value, string meaning) =>
        new(name, name, width, meaning, "", (to, in e) => to.AppendAscii(value(in e)), (to, in e) => WriteQuoted(to, value(in e)), null);

    /// <summary>A text of our own, in UTF-8 already.</summary>
    public static Field Word(string name, int width, WordOf value, string meaning) => Unquoted(name, width, (to, in e) => to.Append(value(in e)), meaning) with
    {
        Json = (to, in e) =>
        {
            to.Append((byte)'"');
            to.Append(value(in e));
            to.Append((byte)'"');
        },
    };

    /// <summary>There, or not.</summary>
    public static Field Flag(string name, EventFlags flag, string meaning) =>
        Unquoted(name, name.Length, (to, in e) => to.Append("true"u8), meaning) with { Words = ["true"], Applies = (in e) => (e.Flags & flag) != 0 };

    /// <summary>What no other kind writes; a string in JSON.</summary>
    public static Field Quoted(string name, int width, FieldWriter write, string meaning) => Unquoted(name, width, write, meaning) with
    {
        Json = (to, in e) =>
        {
            to.Append((byte)'"');
            write(to, in e);
            to.Append((byte)'"');
        },
    };

    /// <summary>What no other kind writes; the same in JSON.</summary>
    public static Field Unquoted(string name, int width, FieldWriter write, string meaning) => new(name, name, width, meaning, "", write, write, null);

    /// <summary>Writes a text that needs no escapes as a JSON string.</summary>
    public static void WriteQuoted(TextBuffer to, string ascii)
    {
        to.Append((byte)'"');
        to.AppendAscii(ascii);
        to.Append((byte)'"');
    }
}
