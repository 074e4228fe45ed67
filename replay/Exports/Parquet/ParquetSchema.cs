using TcpTracer.Formats.Text;

namespace TcpTracer.Replay.Exports.Parquet;

/// <summary>Writes the columns of a file into its footer: each field by its JSON key, with the type that its value has.</summary>
internal static class ParquetSchema
{
    private const int Required = 0, Optional = 1;

    // Converted types, for older readers
    private const int Utf8 = 0, Unsigned8 = 11, Unsigned16 = 12, Unsigned32 = 13, Unsigned64 = 14, Json = 19;

    private const int LogicalString = 1, LogicalTimestamp = 8, LogicalInteger = 10, LogicalJson = 12, Nanoseconds = 3;

    private const int LeavesOfPeer = 3;

    /// <summary>How many columns there are.</summary>
    public static int LeavesOf(IReadOnlyList<Field> fields) => fields.Sum(f => f.Type == FieldType.Peer ? LeavesOfPeer : 1);

    /// <summary>Writes the schema as a field of the footer.</summary>
    public static void Write(ThriftWriter to, int footerField, IReadOnlyList<Field> fields)
    {
        to.WriteList(footerField, 1 + LeavesOf(fields) + fields.Count(f => f.Type == FieldType.Peer));
        WriteGroup(to, "event", fields.Count, null);
        foreach (Field field in fields)
        {
            int repetition = TableField.IsOptional(field) ? Optional : Required;
            if (field.Type == FieldType.Peer)
            {
                WriteGroup(to, field.JsonKey, LeavesOfPeer, repetition);
                WriteLeaf(to, FieldType.Text, "kind", Required);
                WriteLeaf(to, FieldType.Text, "namespace", Optional);
                WriteLeaf(to, FieldType.Text, "name", Required);
            }
            else
            {
                WriteLeaf(to, field.Type, field.JsonKey, repetition);
            }
        }
    }

    private static void WriteGroup(ThriftWriter to, string name, int children, int? repetition)
    {
        to.BeginItem();
        if (repetition is { } given)
            to.WriteInt32(3, given);
        to.WriteText(4, name);
        to.WriteInt32(5, children);
        to.End();
    }

    private static void WriteLeaf(ThriftWriter to, FieldType type, string name, int repetition)
    {
        to.BeginItem();
        to.WriteInt32(1, (int)PhysicalOf(type));
        to.WriteInt32(3, repetition);
        to.WriteText(4, name);
        switch (type)
        {
            case FieldType.Text:
                WriteType(to, Utf8, LogicalString);
                break;
            case FieldType.Labels or FieldType.Values:
                WriteType(to, Json, LogicalJson);
                break;
            case FieldType.Unsigned8:
                WriteUnsigned(to, Unsigned8, 8);
                break;
            case FieldType.Unsigned16:
                WriteUnsigned(to, Unsigned16, 16);
                break;
            case FieldType.Unsigned32:
                WriteUnsigned(to, Unsigned32, 32);
                break;
            case FieldType.Unsigned64:
                WriteUnsigned(to, Unsigned64, 64);
                break;
            case FieldType.Time:
                WriteTime(to);
                break;
            default:
                break; // says enough by how it is stored
        }
        to.End();
    }

    private static PhysicalType PhysicalOf(FieldType type) => type switch
    {
        FieldType.Unsigned8 or FieldType.Unsigned16 or FieldType.Unsigned32 => PhysicalType.Int32,
        FieldType.Unsigned64 or FieldType.Signed64 or FieldType.Time => PhysicalType.Int64,
        FieldType.Flag => PhysicalType.Boolean,
        _ => PhysicalType.ByteArray,
    };

    private static void WriteType(ThriftWriter to, int converted, int logical)
    {
        to.WriteInt32(6, converted);
        to.Begin(10);
        to.WriteEmpty(logical);
        to.End();
    }

    private static void WriteUnsigned(ThriftWriter to, int converted, byte bits)
    {
        to.WriteInt32(6, converted);
        to.Begin(10);
        to.Begin(LogicalInteger);
        to.WriteByte(1, bits);
        to.WriteBool(2, false);
        to.End();
        to.End();
    }

    /// <summary>
    /// The values are UTC. Were that said here, DuckDB would make a type with a time zone of it, which has no nanoseconds.
    /// </summary>
    private static void WriteTime(ThriftWriter to)
    {
        to.Begin(10);
        to.Begin(LogicalTimestamp);
        to.WriteBool(1, false);
        to.Begin(2);
        to.WriteEmpty(Nanoseconds);
        to.End();
        to.End();
        to.End();
    }
}
