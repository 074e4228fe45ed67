namespace TcpTracer.Formats.Text;

/// <summary>How a moment is written in the formats for eyes.</summary>
public enum TimeStyle
{
    /// <summary>RFC 3339 with nine digits, in UTC.</summary>
    Rfc3339,

    /// <summary>Time of day in the local zone, with microseconds.</summary>
    Local,

    /// <summary>Time of day in UTC, with microseconds.</summary>
    Utc,

    /// <summary>Seconds since the first row.</summary>
    Relative,

    /// <summary>Seconds since the row before.</summary>
    Delta,
}

/// <summary>What formats for eyes may be told beside their fields.</summary>
public sealed record TextStyle
{
    /// <summary>How times are written; null: as the format usually does.</summary>
    public TimeStyle? Time { get; init; }

    /// <summary>The zone of <see cref="TimeStyle.Local"/>.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>How many columns a line may take; null: any number.</summary>
    public int? Width { get; init; }

    /// <summary>Whether lines are coloured by what they say.</summary>
    public bool Color { get; init; }
}
