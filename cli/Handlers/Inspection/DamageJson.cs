using TcpTracer.Formats.Records;

namespace TcpTracer.Cli.Handlers.Inspection;

/// <summary>A damage as a JSON object.</summary>
internal sealed record DamageJson(string Fault, long Offset, string Expected, string Actual)
{
    public static DamageJson Of(TraceDamage damage) => new(damage.Fault.ToString(), damage.Offset, damage.Expected, damage.Actual);
}
