using TcpTracer.Formats.Events;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Workloads;

namespace TcpTracer.Replay.Exports.Parquet;

/// <summary>A field as columns of a table: how its value gets into them.</summary>
/// <param name="Field">The field.</param>
/// <param name="Columns">Its columns: one, or those of a group.</param>
internal abstract record TableField(Field Field, params ParquetColumn[] Columns)
{
    /// <summary>Adds a row.</summary>
    public abstract void Add(in TcpEvent e);

    /// <summary>Whether rows may be without a value.</summary>
    public static bool IsOptional(Field field) => field.AppliesInJson is not null;

    /// <summary>The columns for a field.</summary>
    public static TableField Of(Field field, OwnerValues owners)
    {
        ColumnPlace Place(PhysicalType physical) => new([field.JsonKey], physical, IsOptional(field) ? 1 : 0);
        ColumnPlace Within(string name, int levels) => new([field.JsonKey, name], PhysicalType.ByteArray, levels);
        return field.Type switch
        {
            FieldType.Unsigned8 or FieldType.Unsigned16 or FieldType.Unsigned32 =>
                new OfNumber(field, new NumberColumn(Place(PhysicalType.Int32), isSigned: false, isSorted: false)),
            FieldType.Unsigned64 => new OfNumber(field, new NumberColumn(Place(PhysicalType.Int64), isSigned: false, isSorted: false)),
            FieldType.Signed64 or FieldType.Time =>
                new OfSigned(field, new NumberColumn(Place(PhysicalType.Int64), isSigned: true, isSorted: true)),
            FieldType.Flag => new OfFlag(field, new FlagColumn(Place(PhysicalType.Boolean))),
            FieldType.Peer => new OfPeer(field,
                new TextColumn(Within("kind", 1)), new TextColumn(Within("namespace", 2)), new TextColumn(Within("name", 1))),
            _ when field.Scope == FieldScope.Local =>
                new OfOwner(field, new TextColumn(Place(PhysicalType.ByteArray)), owners, owners.AddColumn()),
            _ => new OfText(field, new TextColumn(Place(PhysicalType.ByteArray))),
        };
    }

    private sealed record OfNumber(Field Field, NumberColumn Column) : TableField(Field, Column)
    {
        private readonly FieldUnsigned _value = Field.UnsignedNumber!;

        public override void Add(in TcpEvent e)
        {
            if (!Field.IsIn(in e))
                Column.AddNull();
            else
                Column.Add(_value(in e));
        }
    }

    private sealed record OfSigned(Field Field, NumberColumn Column) : TableField(Field, Column)
    {
        public override void Add(in TcpEvent e)
        {
            if (!Field.IsIn(in e))
                Column.AddNull();
            else
                Column.Add((ulong)Field.Number!(in e));
        }
    }

    private sealed record OfFlag(Field Field, FlagColumn Column) : TableField(Field, Column)
    {
        public override void Add(in TcpEvent e)
        {
            if (Field.IsIn(in e))
                Column.Add();
            else
                Column.AddNull();
        }
    }

    private sealed record OfText(Field Field, TextColumn Column) : TableField(Field, Column)
    {
        private readonly JsonText _text = new();

        public override void Add(in TcpEvent e)
        {
            if (!Field.IsIn(in e))
                Column.AddNull();
            else
                Column.Add(_text.Of(Field, in e));
        }
    }

    /// <summary>A text that depends on the owner alone.</summary>
    private sealed record OfOwner(Field Field, TextColumn Column, OwnerValues Owners, int Place) : TableField(Field, Column)
    {
        private readonly JsonText _text = new();

        public override void Add(in TcpEvent e)
        {
            ref int known = ref Owners.Numbers[Place];
            if (known == OwnerValues.Unasked)
            {
                known = Field.IsIn(in e) ? Column.NumberOf(_text.Of(Field, in e)) + OwnerValues.First : OwnerValues.Absent;
            }
            if (known == OwnerValues.Absent)
                Column.AddNull();
            else
                Column.Add(known - OwnerValues.First);
        }
    }

    private sealed record OfPeer(Field Field, TextColumn Kind, TextColumn Namespace, TextColumn Name)
        : TableField(Field, Kind, Namespace, Name)
    {
        private readonly JsonText _text = new();

        public override void Add(in TcpEvent e)
        {
            if (Field.Peer!(in e) is not { } peer)
            {
                Kind.AddNull();
                Namespace.AddNull();
                Name.AddNull();
                return;
            }
            Kind.Add(PeerText.WordOf(peer.Kind));
            if (peer.Kind == PeerKind.Node)
                Namespace.AddNull(1);
            else
                Namespace.Add(_text.Of(peer.Namespace));
            Name.Add(_text.Of(peer.Name));
        }
    }
}
