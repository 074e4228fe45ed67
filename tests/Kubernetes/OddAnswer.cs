using System.Globalization;
using System.Text;

namespace TcpTracer.Tests.Kubernetes;

/// <summary>Answers that no API server gives: endless, unbounded, or of another kind.</summary>
internal static class OddAnswer
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    private const int Much = 64 * 1024;

    public static Task RawAsync(Stream to, string answer) => WriteAsync(to, answer);

    public static Task BodyAsync(Stream to, string body, string headers = "") =>
        WriteAsync(to, $"{Ok}{headers}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");

    /// <summary>One text, then another one again and again, until the connection ends.</summary>
    public static async Task EndlessAsync(Stream to, string first, string again)
    {
        await WriteAsync(to, $"{Ok}Transfer-Encoding: chunked\r\n\r\n");
        await ChunkAsync(to, Encoding.UTF8.GetBytes(first));
        byte[] much = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(again, Math.Max(1, Much / again.Length))));
        while (true)
            await ChunkAsync(to, much);
    }

    /// <summary>One text, then always another one.</summary>
    public static async Task EndlessAsync(Stream to, string first, Func<int, string> next)
    {
        await WriteAsync(to, $"{Ok}Transfer-Encoding: chunked\r\n\r\n");
        await ChunkAsync(to, Encoding.UTF8.GetBytes(first));
        for (int i = 0; ; i += 100)
            await ChunkAsync(to, Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(i, 100).Select(next))));
    }

    /// <summary>A pod in one line.</summary>
    public static string Pod(int number, string label = "x") => string.Create(CultureInfo.InvariantCulture,
        $$$"""{"metadata":{"uid":"u{{{number}}}","namespace":"n","name":"p{{{number}}}","resourceVersion":"1","labels":"""
            + $$$"""{"l":"{{{label}}}"}},"status":{"phase":"Running","podIP":"10.{{{number >> 16 & 255}}}."""
            + $$$"""{{{number >> 8 & 255}}}.{{{number & 255}}}"}}""");

    /// <summary>A line of a watch that adds a pod with some 200 kB of labels.</summary>
    public static string AddedLarge(int number) =>
        $"{{\"type\":\"ADDED\",\"object\":{Pod(number).Replace("\"l\":", s_labels + "\"l\":", StringComparison.Ordinal)}}}\n";

    private static readonly string s_labels = string.Concat(Enumerable.Range(0, 100).Select(i => $"\"l{i}\":\"{new string('x', 1000)}\","));

    private static async Task ChunkAsync(Stream to, byte[] bytes)
    {
        if (bytes.Length == 0)
            return; // it would be the end of the body
        await to.WriteAsync(Encoding.ASCII.GetBytes($"{bytes.Length:x}\r\n"));
        await to.WriteAsync(bytes);
        await to.WriteAsync("\r\n"u8.ToArray());
        await to.FlushAsync();
    }

    private static async Task WriteAsync(Stream to, string text)
    {
        await to.WriteAsync(Encoding.UTF8.GetBytes(text));
        await to.FlushAsync();
    }
}
