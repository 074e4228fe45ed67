using TcpTracer.Formats.Files;
using TcpTracer.Formats.Strings;

namespace TcpTracer.Cli.Linux;

/// <summary>The time zone of this machine, or of $TZ.</summary>
internal static class LocalZone
{
    private static readonly string[] s_utc = ["UTC", "UTC0", "GMT", "GMT0"];

    /// <summary>What $TZ names, if that is no time zone here; null: it is one, or nothing is named. .NET then takes UTC.</summary>
    public static string? UnknownName()
    {
        bool isKnown = Name.Length == 0 || TimeZoneInfo.Local.Id != TimeZoneInfo.Utc.Id || s_utc.Contains(Path.GetFileName(Name));
        return isKnown ? null : Name;
    }

    private static string Name => (Environment.GetEnvironmentVariable("TZ") ?? "").TrimStart(':');

    /// <summary>.NET reads all of the file that $TZ names, also where that never ends. So we read it first, within our limits.</summary>
    /// <exception cref="SelectionException">The file cannot be read.</exception>
    public static TimeZoneInfo Read()
    {
        string name = Name;
        string folder = Environment.GetEnvironmentVariable("TZDIR") is { Length: > 0 } given ? given : "/usr/share/zoneinfo";
        string file = Path.Combine(folder, name);
        try
        {
            if (name.Length > 0 && GivenFile.Exists(file))
                GivenFile.ReadBytes(file);
            return TimeZoneInfo.Local;
        }
        catch (GivenFileException e)
        {
            throw new SelectionException($"--time local: $TZ names {file}, which cannot be read: {e.Reason}");
        }
    }
}
