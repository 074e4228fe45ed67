using System.Globalization;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;

namespace TcpTracer.Replay.Exports.Parquet;

/// <summary>
/// Which folder an event, or a connection, belongs into, after Hive's fashion: <c>node=worker-1/date=2026-11-28/hour=01</c>. Whatever a
/// name has that is no letter, digit, dash, underscore or dot is written as <c>%3C</c>, so no name of a file leads out of the folder.
/// </summary>
public sealed class PartitionKeys
{
    /// <summary>The day of an event, or on which a connection began, in UTC.</summary>
    public const string Date = "date";

    /// <summary>The hour of it, in UTC.</summary>
    public const string Hour = "hour";

    private const string NoValue = "__HIVE_DEFAULT_PARTITION__";
    private const int LongestValue = 150, DateLength = 10, HourOffset = 11, HourLength = 2;
    private readonly (string Name, Field? Field)[] _keys;
    private readonly JsonText _text = new();
    private readonly TextBuffer _time = new(64), _folder = new(256);

    /// <param name="names">Date, hour, and fields of text.</param>
    /// <param name="of">The fields of the rows; null: those of events.</param>
    /// <exception cref="SelectionException">Folders cannot be made of one of them, or it is named twice.</exception>
    public PartitionKeys(IReadOnlyList<string> names, FieldSet? of = null)
    {
        _keys = [.. names.Select(n => (n, n is Date or Hour ? null : TextField(of ?? Fields.OfEvents, n)))];
        if (_keys.GroupBy(KeyOf).FirstOrDefault(g => g.Skip(1).Any()) is { } twice)
            throw new SelectionException($"--partition names {twice.Key} twice");
    }

    private static Field TextField(FieldSet of, string name) => of.Find(name) is { Type: FieldType.Text } field ? field
        : throw new SelectionException($"--partition {name}: folders are made of date, hour and fields of text, such as node or namespace");

    private static string KeyOf((string Name, Field? Field) key) => key.Field?.JsonKey ?? key.Name;

    /// <summary>The fields that the files in the folders need: those that the folders do not hold.</summary>
    /// <exception cref="SelectionException">None is left.</exception>
    public IReadOnlyList<Field> NotInFolders(IReadOnlyList<Field> fields)
    {
        Field[] left = [.. fields.Where(f => _keys.All(k => KeyOf(k) != f.JsonKey))];
        return left.Length > 0 ? left
            : throw new SelectionException("--partition tells all of --fields: name a field that is left for the files");
    }

    /// <summary>The folder of an event; good until the next.</summary>
    public ReadOnlySpan<byte> Of(in TcpEvent e)
    {
        _time.Clear();
        _time.AppendTimestamp(e.RowNs);
        _folder.Clear();
        foreach ((string name, Field? field) in _keys)
        {
            if (_folder.Length > 0)
                _folder.Append((byte)'/');
            _folder.AppendAscii(KeyOf((name, field)));
            _folder.Append((byte)'=');
            if (name == Date)
                _folder.Append(_time.Written[..DateLength]);
            else if (name == Hour)
                _folder.Append(_time.Written.Slice(HourOffset, HourLength));
            else
                AppendValue(field!, in e);
        }
        return _folder.Written;
    }

    private void AppendValue(Field field, in TcpEvent e)
    {
        ReadOnlySpan<byte> value = field.IsIn(in e) ? _text.Of(field, in e) : default;
        if (value.IsEmpty)
        {
            _folder.AppendAscii(NoValue);
            return;
        }
        int start = _folder.Length;
        foreach (byte b in value)
        {
            if (char.IsAsciiLetterOrDigit((char)b) || b is (byte)'-' or (byte)'_' or (byte)'.')
            {
                _folder.Append(b);
            }
            else
            {
                _folder.Append((byte)'%');
                _folder.AppendAscii(b.ToString("X2", CultureInfo.InvariantCulture));
            }
        }
        if (_folder.Length - start <= LongestValue)
            return;
        // No file system has room for more. What tells it from others that begin so is of its own making, the same in each process
        string sum = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(value))[..16];
        _folder.CutTo(start + LongestValue);
        _folder.Append((byte)'~');
        _folder.AppendAscii(sum);
    }
}
