using System.CommandLine;
using TcpTracer.Cli.Handlers;

namespace TcpTracer.Cli.Commands;

internal static class DoctorCommand
{
    public static Command Create()
    {
        var sources = new SourceCommandOptions();
        var output = new ChoiceOption("--output", ["-o"], "FORMAT", "text or json", "text", "json");
        var doctor = new Command("doctor", "Say what this machine can record, and if not, why; and who tells names of pods") { output };
        sources.AddTo(doctor);
        doctor.SetAction(parsed => DoctorHandler.Run(sources.Read(parsed), json: output.Read(parsed) == "json"));
        return doctor;
    }
}
