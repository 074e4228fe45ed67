using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TcpTracer.Bpf;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Workloads;
using Xunit;

namespace TcpTracer.Tests.Bpf;

/// <summary>
/// The kernel's programs and this process have the same layout of everything that they share: name, offset and size of each member, and
/// each number of an enum.
/// </summary>
public sealed class MirrorTests
{
    /// <summary>Both embedded objects: one is for kernels with bpf_rdonly_cast(), the other for kernels without it.</summary>
    public static TheoryData<string> Objects => ["tcptracer.bpf.o", "tcptracer.bpf.o.without-casts"];

    /// <summary>Structs that C# mirrors member by member.</summary>
    private static readonly (string Struct, Type Mirror)[] s_whole =
    [
        ("event", typeof(RawTcpEvent)), ("cgroup_names", typeof(RawCgroup)), ("image", typeof(RawImage)),
        ("probe_config", typeof(ProbeConfig)), ("shared", typeof(SharedMemory)), ("counters", typeof(ProcessorCounters)),
        ("living", typeof(LivingConnections)), ("eviction", typeof(Eviction)), ("victim", typeof(Eviction.Victim)),
    ];

    /// <summary>Structs of which C# mirrors only some members.</summary>
    private static readonly (string Struct, Type Mirror)[] s_inPart = [("connection", typeof(RawConnection))];

    private static readonly (string Enum, string Prefix, Type Mirror)[] s_enums =
    [
        ("record_kind", "RECORD_", typeof(RingRecordKind)), ("operation", "OP_", typeof(Operation)), ("reason", "REASON_", typeof(Reason)),
        ("attribution", "ATTRIBUTION_", typeof(Attribution)), ("event_flags", "EVENT_", typeof(EventFlags)),
        ("hierarchy", "HIERARCHY_", typeof(CgroupHierarchy)), ("walk", "WALK_", typeof(WalkPurpose)),
        ("verdict", "VERDICT_", typeof(CgroupVerdict)), ("role", "ROLE_", typeof(ConnectionRole)),
    ];

    /// <summary>A name without the differences between C and C#: <c>netns_cookie</c> is <c>NetnsCookie</c>.</summary>
    private static string Bare(string name) => name.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();

    private static int SizeOf(Type type) =>
        (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;

    /// <summary>The fields of a struct. If a C# struct stands for several members in C, its own fields are listed.</summary>
    private static IEnumerable<ObjectBtf.Member> Fields(Type mirror, IReadOnlySet<string> known, int start = 0)
    {
        foreach (FieldInfo field in mirror.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
        {
            int offset = start + (int)Marshal.OffsetOf(mirror, field.Name);
            if (known.Contains(Bare(field.Name)))
                yield return new ObjectBtf.Member(Bare(field.Name), offset, SizeOf(field.FieldType));
            else
            {
                foreach (ObjectBtf.Member inner in Fields(field.FieldType, known, offset))
                    yield return inner;
            }
        }
    }

    private static (ObjectBtf.Member[] C, ObjectBtf.Member[] CSharp) Both(ObjectBtf btf, string name, Type mirror)
    {
        ObjectBtf.Member[] members = [.. btf.Members(name).Select(m => m with { Name = Bare(m.Name) })];
        return (members, [.. Fields(mirror, members.Select(m => m.Name).ToHashSet())]);
    }

    [Theory]
    [MemberData(nameof(Objects))]
    public void EveryMemberOfASharedStructHasTheSameOffsetInItsMirror(string probes)
    {
        var btf = ObjectBtf.Of(probes);
        foreach ((string name, Type mirror) in s_whole)
        {
            (ObjectBtf.Member[] c, ObjectBtf.Member[] cSharp) = Both(btf, name, mirror);
            string onlyC = string.Join('\n', c.Except(cSharp)), onlyCSharp = string.Join('\n', cSharp.Except(c));
            Assert.True(c.SequenceEqual(cSharp), $"struct {name} has\n{onlyC}\nand {mirror.Name} has\n{onlyCSharp}");
            Assert.Equal((name, btf.SizeOf(name)), (name, SizeOf(mirror)));
        }
        foreach ((string name, Type mirror) in s_inPart)
        {
            (ObjectBtf.Member[] c, ObjectBtf.Member[] cSharp) = Both(btf, name, mirror);
            Assert.NotEmpty(cSharp);
            Assert.Subset(c.ToHashSet(), cSharp.ToHashSet());
            Assert.Equal((name, btf.SizeOf(name)), (name, SizeOf(mirror)));
        }
    }

    /// <summary>C# may have more names: for "none", and for values that only user space uses.</summary>
    [Theory]
    [MemberData(nameof(Objects))]
    public void EveryNumberOfASharedEnumMeansTheSameOnBothSides(string probes)
    {
        var btf = ObjectBtf.Of(probes);
        foreach ((string name, string prefix, Type mirror) in s_enums)
        {
            Dictionary<string, long> cSharp = Enum.GetValues(mirror).Cast<object>().ToDictionary(v => Bare(v.ToString()!), Convert.ToInt64);
            foreach ((string constant, long value) in btf.Constants(name).Where(c => c.Key != "OP_COUNT"))
                Assert.Equal((name, constant, value), (name, constant, cSharp.GetValueOrDefault(Bare(constant[prefix.Length..]), -1)));
        }
    }
}
