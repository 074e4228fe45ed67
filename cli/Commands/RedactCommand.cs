using System.CommandLine;
using TcpTracer.Cli.Handlers.Copies;
using TcpTracer.Cli.Help;
using TcpTracer.Cli.Requests;
using TcpTracer.Formats.Strings;
using TcpTracer.Replay.Redactions;

namespace TcpTracer.Cli.Commands;

internal static class RedactCommand
{
    private const string Examples = """
          tcptracer redact trace.tct -o copy.tct               nobody can tell names or addresses any more
          tcptracer redact trace.tct -o copy.tct --key my.key  the same pseudonyms in each copy
          tcptracer redact trace.tct -o copy.tct --keep comm,container --keep-private
          tcptracer redact --prove trace.tct copy.tct          that nothing of the original is left
        """;

    private const string Notes = """
        Names become pseudonyms, such as pod-k3f9amx2; ids become others that join as before.

        Addresses become others with the same structure; loopback and link-local ones stay recognisable.

        Labels, images, arguments, host details and what this version does not know are dropped. Ports, counts and times stay.

        Without --key the key is forgotten. With it, whoever has the key can find out who is who: head -c 32 /dev/urandom > my.key

        The copy says that it is redacted, and what was kept.
        """;

    public static Command Create()
    {
        var copy = new CopyOptions(isOutputRequired: false);
        var key = new TextOption("--key", "FILE", "The secret that decides the pseudonyms; else a new one, which is forgotten");
        var keep = new TextOption("--keep", "FIELDS", "Leave these as they are, as in comm,namespace");
        keep.CompletionSources.Add([.. RedactionPolicy.Names]);
        var keepPrivate = new Option<bool>("--keep-private") { Description = "Private addresses stay private ones" };
        var shift = new Option<bool>("--shift-time") { Description = "Shift all times by a time that the key decides" };
        var prove = new Option<bool>("--prove") { Description = "Look for names and addresses of the first trace in the second, its copy" };
        var redact = new DocumentedCommand("redact", "Write a copy of traces that is fit for strangers", Examples)
        {
            key,
            keep,
            keepPrivate,
            shift,
            prove,
        };
        redact.Notes = Notes;
        copy.AddTo(redact);
        redact.SetAction(parsed => parsed.GetValue(prove)
            ? RedactHandler.Prove(copy.ReadFiles(parsed))
            : RedactHandler.Run(new RedactRequest
            {
                Copy = copy.Read(parsed),
                KeyFile = parsed.GetValue(key),
                Policy = new RedactionPolicy
                {
                    Kept = ReadNames(parsed.GetValue(keep)),
                    KeepsPrivate = parsed.GetValue(keepPrivate),
                    ShiftsTime = parsed.GetValue(shift),
                },
            }));
        return redact;
    }

    private static string[] ReadNames(string? list)
    {
        string[] names = list?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        if (list is not null && names.Length == 0)
            throw new SelectionException("--keep: which fields? For example: --keep comm,namespace");
        return names.FirstOrDefault(n => !RedactionPolicy.Names.Contains(n)) is { } wrong
            ? throw SelectionException.UnknownName("field", wrong, [.. RedactionPolicy.Names],
                $"--keep knows {string.Join(", ", RedactionPolicy.Names)}")
            : names;
    }
}
