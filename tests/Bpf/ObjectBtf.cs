using System.Buffers.Binary;
using System.Text;
using TcpTracer.Bpf;

namespace TcpTracer.Tests.Bpf;

/// <summary>
/// The types of an object file of the probes, read from its ELF section .BTF (https://docs.kernel.org/bpf/btf.html). This needs neither
/// privileges nor libbpf.
/// </summary>
internal sealed class ObjectBtf
{
    /// <summary>A member of a struct; offset and size in bytes.</summary>
    public sealed record Member(string Name, int Offset, int Size);

    private enum Kind
    {
        Int = 1, Pointer = 2, Array = 3, Struct = 4, Union = 5, Enum = 6, Typedef = 8, Volatile = 9, Const = 10, Restrict = 11,
        Prototype = 13, Variable = 14, DataSection = 15, Float = 16, DeclTag = 17, Enum64 = 19,
    }

    private sealed record BtfType(Kind Kind, string Name, int SizeOrType, int Place, int Length);

    private readonly byte[] _btf;
    private readonly List<BtfType> _types = [new(0, "void", 0, 0, 0)];

    private ObjectBtf(byte[] btf)
    {
        _btf = btf;
        int header = Int(4), at = header + Int(8), end = at + Int(12), strings = header + Int(16);
        while (at < end)
        {
            uint info = (uint)Int(at + 4);
            var type = new BtfType((Kind)(info >> 24 & 0x1f), TextAt(btf, strings + Int(at)), Int(at + 8), at + 12, (int)(info & 0xffff));
            _types.Add(type);
            at = type.Place + type.Kind switch
            {
                Kind.Int or Kind.Variable or Kind.DeclTag => 4,
                Kind.Array => 12,
                Kind.Enum or Kind.Prototype => 8 * type.Length,
                Kind.Struct or Kind.Union or Kind.DataSection or Kind.Enum64 => 12 * type.Length,
                _ => 0,
            };
        }
        Strings = strings;
    }

    private int Strings { get; }

    /// <summary>The types of an object that is embedded in the assembly <c>bpf</c>.</summary>
    public static ObjectBtf Of(string resource)
    {
        using Stream stream = typeof(TcpProbe).Assembly.GetManifestResourceStream(resource)!;
        byte[] elf = new byte[stream.Length];
        stream.ReadExactly(elf);
        return new ObjectBtf(Section(elf, ".BTF"));
    }

    private static byte[] Section(byte[] elf, string name)
    {
        long headers = BinaryPrimitives.ReadInt64LittleEndian(elf.AsSpan(0x28));
        int size = BinaryPrimitives.ReadUInt16LittleEndian(elf.AsSpan(0x3a));
        int count = BinaryPrimitives.ReadUInt16LittleEndian(elf.AsSpan(0x3c));
        Span<byte> Header(int section) => elf.AsSpan((int)headers + section * size, size);
        int Offset(int section) => (int)BinaryPrimitives.ReadInt64LittleEndian(Header(section)[0x18..]);
        int names = Offset(BinaryPrimitives.ReadUInt16LittleEndian(elf.AsSpan(0x3e)));
        int found = Enumerable.Range(0, count).Single(s => TextAt(elf, names + BinaryPrimitives.ReadInt32LittleEndian(Header(s))) == name);
        return elf.AsSpan(Offset(found), (int)BinaryPrimitives.ReadInt64LittleEndian(Header(found)[0x20..])).ToArray();
    }

    private static string TextAt(byte[] bytes, int at) => Encoding.UTF8.GetString(bytes.AsSpan(at, bytes.AsSpan(at).IndexOf((byte)0)));

    private int Int(int at) => BinaryPrimitives.ReadInt32LittleEndian(_btf.AsSpan(at));

    private BtfType Find(Kind kind, string name) => _types.Single(t => t.Kind == kind && t.Name == name);

    private int SizeOf(int type) => _types[type] switch
    {
        { Kind: Kind.Pointer } => 8,
        { Kind: Kind.Array } array => SizeOf(Int(array.Place)) * Int(array.Place + 8),
        { Kind: Kind.Typedef or Kind.Volatile or Kind.Const or Kind.Restrict } alias => SizeOf(alias.SizeOrType),
        { Kind: Kind.Int or Kind.Struct or Kind.Union or Kind.Enum or Kind.Enum64 or Kind.Float } sized => sized.SizeOrType,
        var other => throw new InvalidOperationException($"a {other.Kind} has no size"),
    };

    /// <summary>The size of a struct in bytes.</summary>
    public int SizeOf(string name) => Find(Kind.Struct, name).SizeOrType;

    /// <summary>The members of a struct, in their order. None of them may be a bit field.</summary>
    public IReadOnlyList<Member> Members(string name)
    {
        BtfType found = Find(Kind.Struct, name);
        IEnumerable<int> places = Enumerable.Range(0, found.Length).Select(i => found.Place + 12 * i);
        return [.. places.Select(at => new Member(TextAt(_btf, Strings + Int(at)), Int(at + 8) / 8, SizeOf(Int(at + 4))))];
    }

    /// <summary>The constants of an enum.</summary>
    public IReadOnlyDictionary<string, long> Constants(string name)
    {
        BtfType found = Find(Kind.Enum, name);
        IEnumerable<int> places = Enumerable.Range(0, found.Length).Select(i => found.Place + 8 * i);
        return places.ToDictionary(at => TextAt(_btf, Strings + Int(at)), at => (long)Int(at + 4));
    }
}
