using System.CommandLine;
using TcpTracer.Recorder;

namespace TcpTracer.Cli.Commands;

internal static class DoctorCommand
{
    public static Command Create()
    {
        var doctor = new Command("doctor", "Say what this machine can record, and if not, why");
        doctor.SetAction(_ => Run());
        return doctor;
    }

    private static int Run()
    {
        IReadOnlyList<Finding> findings = MachineSupport.Examine();
        foreach (Finding finding in findings)
            Console.Out.WriteLine($"{(finding.Works ? "ok     " : finding.Required ? "missing" : "limited")}  {finding.Subject}: {finding.Detail}");
        Finding? obstacle = findings.FirstOrDefault(f => f is { Works: false, Required: true });
        Console.Out.WriteLine(obstacle is null ? "This machine can record." : $"This machine cannot record: {obstacle.Detail}.");
        return obstacle is null ? ExitCode.Done : ExitCode.CannotRecord;
    }
}
