using TcpTracer.Cli.Linux;
using TcpTracer.Cli.Requests;
using TcpTracer.Cli.Sentences;
using TcpTracer.Formats.Files;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Values;
using TcpTracer.Recorder.Machine;
using TcpTracer.Replay.Findings;
using TcpTracer.Replay.Redactions;

namespace TcpTracer.Cli.Handlers.Copies;

/// <summary>Writes a copy of traces that is fit for strangers, or proves that a copy is.</summary>
internal static class RedactHandler
{
    private const int KeyBytes = 32, ShortestKey = 16, MostNamed = 20;

    public static int Run(RedactRequest request)
    {
        // .NET takes HMAC and AES from OpenSSL, and would abort without it
        if (TlsLibrary.Obstacle() is { } obstacle)
            throw new UserException($"redact needs OpenSSL for its keyed names: {obstacle}", ExitCode.Failed);
        byte[] key = request.KeyFile is { } file ? ReadKey(file) : RandomId.Bytes(KeyBytes);
        IEnumerable<string> inputs = request.KeyFile is { } given ? [.. request.Copy.Files, given] : request.Copy.Files;
        return CopyRun.Run(request.Copy, (_, selection, to) =>
            RedactedCopy.Begin(selection, to, request.Policy, key, ProgramVersion.NameAndVersion, Environment.ProcessorCount), inputs);
    }

    private static byte[] ReadKey(string file)
    {
        byte[] key;
        try
        {
            key = GivenFile.ReadBytes(file);
        }
        catch (GivenFileException e)
        {
            throw new UserException($"--key {Sentence.File(file)}: {e.Reason}", ExitCode.Failed);
        }
        return key.Length >= ShortestKey ? key : throw new UserException(
            $"--key {Sentence.File(file)}: a key has at least {ShortestKey} bytes, and this has {key.Length}; "
                + $"make one with `head -c {KeyBytes} /dev/urandom > FILE`", ExitCode.Usage);
    }

    /// <summary>Searches the copy for values of the original.</summary>
    public static int Prove(IReadOnlyList<string> files)
    {
        StandardOutput.RequireOpen();
        if (files is not [var original, var copy])
            throw new SelectionException("--prove takes two traces: the original, and its redacted copy");
        var proof = new RedactionProof();
        TraceFiles.With(original, trace => Read(original, trace, proof.ReadOriginal));
        TraceFiles.With(copy, trace => Read(copy, trace, proof.ReadCopy));
        Sentence name = Sentence.File(copy);
        if (!proof.IsRedacted)
            throw new UserException($"{name}: this is no redacted copy: its header does not say so", ExitCode.Failed);
        foreach (RedactionLeak leak in proof.Leaks.Take(MostNamed))
        {
            string length = Messages.Count(leak.Length, "byte");
            Messages.Print($"{name}: {Where(leak)} holds what the original has in {leak.OriginalPlace} ({length})");
        }
        if (proof.Leaks.Count > MostNamed)
            Messages.Print($"{name}: and in {Messages.Count(proof.Leaks.Count - MostNamed, "more place")}");
        string kept = proof.Policy.Describe() is { Length: > 0 } policy ? $"; left out, as kept by {policy}" : "";
        string texts = Messages.Count(proof.TextsLookedFor, "text"), addresses = Addresses(proof.AddressesLookedFor);
        string records = Messages.Count(proof.RecordsSearched, "record");
        Messages.Print($"{name}: looked for {texts} and {addresses} of {Sentence.File(original)} in {records}{kept}: {Result(proof)}");
        if (proof.AddressesByChance > 0)
        {
            Messages.Print($"{name}: {Addresses(proof.AddressesByChance)} of the copy are addresses of the original, too: "
                + $"no more than chance brings about");
        }
        return proof.Leaks.Count > 0 || proof.IsIncomplete ? ExitCode.Failed : ExitCode.Done;
    }

    private static int Read(string file, Stream trace, Action<Stream, TraceFindings> read)
    {
        var findings = new TraceFindings();
        read(trace, findings);
        foreach (Formats.Records.TraceDamage damage in findings.Damages.Take(MostNamed))
            Messages.Say($"{Sentence.File(file)}: {Messages.Of(damage)}");
        return findings.Damages.Count;
    }

    private static string Result(RedactionProof proof) =>
        proof.IsIncomplete ? "the original has more than can be looked for at once: this proves nothing"
        : proof.Leaks.Count == 0 ? "none found" : $"{Messages.Count(proof.Leaks.Count, "place")} with some of it";

    private static string Addresses(long count) => Messages.Count(count, "address", "addresses");

    private static string Where(RedactionLeak leak) =>
        leak.Place.Length == 0 ? "a part outside of all records" : $"{leak.Place} of record {leak.Record}";
}
