using System.CommandLine;
using TcpTracer.Cli.Help;
using TcpTracer.Formats.Text;

namespace TcpTracer.Cli.Commands;

internal static class FieldsCommand
{
    public static Command Create()
    {
        var fields = new DocumentedCommand("fields", "List every field: name, column, JSON key, unit, meaning", """
              tcptracer fields                                   all fields
              tcptracer show trace.tct -o custom-columns=pid,comm,daddr,error
              tcptracer show trace.tct --fields +error,-node     the usual columns, adjusted
            """);
        fields.SetAction(_ =>
        {
            Console.Out.WriteLine(Line("FIELD", "COLUMN", "JSON KEY", "UNIT", "MEANING"));
            foreach (Field field in Fields.All)
                Console.Out.WriteLine(Line(field.Name, field.Header, field.JsonKey, field.Unit, field.Meaning));
            Console.Out.WriteLine();
            Console.Out.WriteLine("With --connections also these, and all others but timestamp and boottime_ns:");
            foreach (Field field in ConnectionFields.OfConnections.All.Where(f => !IsOfEvents(f)))
                Console.Out.WriteLine(Line(field.Name, field.Header, field.JsonKey, field.Unit, field.Meaning));
            return ExitCode.Done;
        });
        return fields;
    }

    /// <summary>Whether it means the same as a field of events.</summary>
    public static bool IsOfEvents(Field field) =>
        Fields.TryFind(field.Name) is { } found && found.Name == field.Name && found.Meaning == field.Meaning;

    private static string Line(string name, string column, string key, string unit, string meaning) =>
        $"{name,-14} {column,-14} {key,-14} {unit,-5} {meaning}";
}
