using System.CommandLine;
using TcpTracer.Formats.Output;

namespace TcpTracer.Cli.Commands;

internal static class FieldsCommand
{
    public static Command Create()
    {
        var fields = new Command("fields", "List every field: name, JSON key, unit, meaning");
        fields.SetAction(_ =>
        {
            Console.Out.WriteLine($"{"FIELD",-16} {"JSON KEY",-16} {"UNIT",-6} MEANING");
            foreach (Field field in Fields.All)
                Console.Out.WriteLine($"{field.Name,-16} {field.JsonKey,-16} {field.Unit,-6} {field.Meaning}");
            return ExitCode.Done;
        });
        return fields;
    }
}
