using MessagePack;

namespace TcpTracer.Tests.Formats.TraceFile;

/// <summary>Values of MessagePack, right and wrong ones, from which tests put records together.</summary>
internal static class Fillers
{
    public static readonly TraceBytes.Filler Null = (ref MessagePackWriter to) => to.WriteNil();

    /// <summary>The bytes as they are.</summary>
    public static TraceBytes.Filler Raw(params byte[] raw) => (ref MessagePackWriter to) => to.WriteRaw(raw);

    public static TraceBytes.Filler Number(long number) => (ref MessagePackWriter to) => to.Write(number);

    public static TraceBytes.Filler Float(double number) => (ref MessagePackWriter to) => to.Write(number);

    public static TraceBytes.Filler Text(string text) => (ref MessagePackWriter to) => to.Write(text);

    public static TraceBytes.Filler Bytes(params byte[] bytes) => (ref MessagePackWriter to) => to.Write(bytes);

    /// <summary>So many bytes of zero.</summary>
    public static TraceBytes.Filler Zeros(int count) => Bytes(new byte[count]);

    public static TraceBytes.Filler List(params TraceBytes.Filler[] items) => (ref MessagePackWriter to) =>
    {
        to.WriteArrayHeader(items.Length);
        foreach (TraceBytes.Filler item in items)
            item(ref to);
    };

    public static TraceBytes.Filler Numbers(params long[] numbers) => List([.. numbers.Select(Number)]);

    /// <summary>A record of a kind, with these keys.</summary>
    public static byte[] Record(string kind, params (string Key, TraceBytes.Filler Value)[] pairs) =>
        TraceBytes.Pack((ref MessagePackWriter to) =>
        {
            to.WriteMapHeader(pairs.Length + 1);
            to.Write("t");
            to.Write(kind);
            foreach ((string key, TraceBytes.Filler value) in pairs)
            {
                to.Write(key);
                value(ref to);
            }
        });
}
