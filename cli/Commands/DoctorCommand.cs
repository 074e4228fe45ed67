using System.CommandLine;
using TcpTracer.Cli.Handlers;

namespace TcpTracer.Cli.Commands;

internal static class DoctorCommand
{
    public static Command Create()
    {
        var sources = new SourceCommandOptions();
        var output = new ChoiceOption("--output", ["-o"], "FORMAT", "text or json", "text", "json");
        var doctor = new TaughtCommand("doctor", "Say what this machine can record, and if not, why; and who tells names of pods", """
              sudo tcptracer doctor                        ok, limited, none (nothing is wrong) or missing
              tcptracer doctor -o json | jq .can_record    for scripts; exit code 4 where it cannot
            """) { output };
        sources.AddTo(doctor);
        doctor.SetAction(parsed => DoctorHandler.Run(sources.Read(parsed), json: output.Read(parsed) == "json"));
        return doctor;
    }
}
