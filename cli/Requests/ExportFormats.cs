namespace TcpTracer.Cli.Requests;

/// <summary>The formats of <c>export</c>.</summary>
internal enum ExportKind
{
    Csv,
    Jsonl,
    Parquet,
    Pcapng,
    Perfetto,
}

/// <summary>Their names on the command line.</summary>
internal static class ExportFormats
{
    /// <summary>All of them, in the order of the kinds.</summary>
    public static string[] Names { get; } = [.. Enum.GetNames<ExportKind>().Select(n => n.ToLowerInvariant())];

    /// <summary>The name of one.</summary>
    public static string NameOf(ExportKind kind) => Names[(int)kind];
}
