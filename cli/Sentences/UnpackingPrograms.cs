using TcpTracer.Replay.Streams;

namespace TcpTracer.Cli.Sentences;

/// <summary>Programs that unpack what tcptracer does not unpack, and that pack.</summary>
internal static class UnpackingPrograms
{
    /// <summary>The program that writes the unpacked bytes to standard output; null: tcptracer unpacks it itself.</summary>
    public static string? ProgramFor(Packing packing) => packing switch
    {
        Packing.Xz => "xzcat",
        Packing.Bzip2 => "bzcat",
        Packing.Lz4 => "lz4cat",
        _ => null,
    };

    /// <summary>The program that packs files with names of this extension.</summary>
    public static string PackerFor(string extension) => extension.ToLowerInvariant() switch
    {
        ".zst" => "zstd",
        ".xz" => "xz",
        ".bz2" => "bzip2",
        ".lz4" => "lz4",
        _ => "gzip",
    };

    /// <summary>The program that unpacks without our limits.</summary>
    public static string UnlimitedFor(Packing packing) => packing == Packing.Gzip ? "zcat" : "zstd -dc --long=31";
}
