using TcpTracer.Replay.Files;

namespace TcpTracer.Cli.Sentences;

/// <summary>How to unpack what is not unpacked here.</summary>
internal static class Unpackings
{
    /// <summary>The program that writes the unpacked bytes to standard output; null: none is needed.</summary>
    public static string? ProgramFor(Packing packing) => packing switch
    {
        Packing.Xz => "xzcat",
        Packing.Bzip2 => "bzcat",
        Packing.Lz4 => "lz4cat",
        _ => null,
    };

    /// <summary>The program that does what was done here, without our limits.</summary>
    public static string UnlimitedFor(Packing packing) => packing == Packing.Gzip ? "zcat" : "zstd -dc --long=31";
}
