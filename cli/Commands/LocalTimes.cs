using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Sentences;

namespace TcpTracer.Cli.Commands;

/// <summary>The zone of <c>--time local</c>, for options that are read one after the other.</summary>
internal static class LocalTimes
{
    private static readonly Lazy<TimeZoneInfo> s_zone = new(Read);

    /// <summary>The zone. The first time it says if $TZ names none.</summary>
    public static TimeZoneInfo Zone => s_zone.Value;

    private static TimeZoneInfo Read()
    {
        TimeZoneInfo zone = LocalZone.Read();
        if (LocalZone.UnknownName() is { } name)
            Messages.Say($"--time local: $TZ is {name}, which this machine does not know as a time zone: local times are in UTC");
        return zone;
    }
}
