using System.CommandLine;
using TcpTracer.Cli.Handlers.Diagnosis;
using TcpTracer.Cli.Help;

namespace TcpTracer.Cli.Commands;

internal static class DoctorCommand
{
    public static Command Create()
    {
        var sources = new SourceCommandOptions();
        var output = new ChoiceOption("--output", ["-o"], "FORMAT", "text or json", "text", "json");
        var doctor = new DocumentedCommand("doctor", "Say whether this machine can record, and who knows pods", """
              sudo tcptracer doctor                        each line: ok, limited, missing, or none (nothing is wrong)
              tcptracer doctor -o json | jq .can_record    for scripts; exit code 4 if it cannot record
            """) { output };
        sources.AddTo(doctor);
        doctor.SetAction(parsed => DoctorHandler.Run(sources.Read(parsed), json: output.Read(parsed) == "json"));
        return doctor;
    }
}
