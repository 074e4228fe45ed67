using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using TcpTracer.Bpf;
using TcpTracer.Formats.Blocks;
using TcpTracer.Formats.Events;
using TcpTracer.Formats.Filter;
using TcpTracer.Formats.Strings;
using TcpTracer.Formats.Text;
using TcpTracer.Formats.Values;
using TcpTracer.Recorder.Live;
using TcpTracer.Tests.Formats.TraceFile;
using TcpTracer.Tests.Harness;
using TcpTracer.Tests.House;
using Xunit;

namespace TcpTracer.Tests.Formats;

/// <summary>
/// Each field makes the whole journey: the kernel's record, the event, the file, show, a filter, and the readers in other languages. If a
/// step of CONTRIBUTING's recipe is missing, a test here names it.
/// </summary>
public sealed class EveryFieldTests : IDisposable
{
    private static readonly TcpEvent[] s_events = [.. FieldJourney.RawEvents().Select(FieldJourney.Decode)];
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void EveryKernelFieldIsShown() => Each.Of(FieldJourney.RawFields, raw =>
        Assert.True(FieldJourney.RawEvents()
            .Any(r => Shown(FieldJourney.Decode(r)) != Shown(FieldJourney.Decode(FieldJourney.With(r, raw)))),
            $"RawTcpEvent.{raw.Name} changes nothing that is shown: recorder/Live/RawEventDecoder.cs does not put it into the event, or "
                + "formats/Text/FieldTable.cs does not show it"));

    [Fact]
    public void DecoderNeverReusesAnOldKernelValue() => Each.Of(FieldJourney.RawFields, raw =>
        Each.Of(FieldJourney.RawEvents(), before =>
        {
            var decoder = new RawEventDecoder(new ProcessImages());
            FieldJourney.Decode(before, decoder);
            RawTcpEvent after = FieldJourney.With(before, raw);
            Assert.True(Shown(FieldJourney.Decode(after)) == Shown(FieldJourney.Decode(after, decoder)),
                $"RawTcpEvent.{raw.Name} is that of an earlier event: a key of the caches in "
                    + "recorder/Live/RawEventDecoder.cs leaves it out");
        }));

    [Fact]
    public void EveryEventMemberIsFilledIn() => Each.Of(FieldJourney.Parts, part =>
        Assert.True(s_events.Any(e => part.Of(e) is not (SafeText { Raw.Length: 0 }) and var value && !value.Equals(DefaultOf(value))),
            $"TcpEvent.{part.Name} is never set: recorder/Live/RawEventDecoder.cs does not fill it"));

    private static object? DefaultOf(object value) => value.GetType().IsValueType ? Activator.CreateInstance(value.GetType()) : null;

    [Fact]
    public void EveryEventMemberIsShown() => Each.Of(FieldJourney.Parts, part =>
        Assert.True(s_events.Any(e => Shown(e) != Shown(part.Changed(e))),
            $"no field of formats/Text/FieldTable.cs shows TcpEvent.{part.Name}"));

    [Fact]
    public void EveryEventMemberSurvivesTheFile()
    {
        // Once as they are, and once for each part with another value in one event, so that no part survives only because
        // it is the same everywhere
        TcpEvent[][] all = [s_events, .. FieldJourney.Parts.Select(part => (TcpEvent[])[.. s_events, part.Changed(s_events[0])])];
        Each.Of(all, events =>
        {
            TcpEvent[] read = FieldJourney.Read(FieldJourney.Trace(events));
            Assert.Equal(events.Length, read.Length);
            foreach ((TcpEvent expected, TcpEvent actual) in events.Zip(read))
                Each.Of(FieldJourney.Parts, part => Assert.True(part.Of(expected).Equals(part.Of(actual)),
                    $"TcpEvent.{part.Name} was {part.Of(expected)} and is {part.Of(actual)} in the file: see "
                        + "formats/Blocks/EventValues.cs, or ProcessCodec.cs for a process"));
        });
    }

    [Fact]
    public void RandomTrafficHasEveryEventMember()
    {
        TcpEvent[] random = RandomTraffic.Events(11, 2_000);
        Each.Of(FieldJourney.Parts,
            part => Assert.True(random.Select(part.Of).Distinct().Skip(1).Any(), $"RandomTraffic leaves out TcpEvent.{part.Name}"));
    }

    [Fact]
    public void RoundTripComparisonsHaveEveryEventMember() => Each.Of(FieldJourney.Parts, part =>
        Assert.True(EventFields.Of(s_events[0]) != EventFields.Of(part.Changed(s_events[0])),
            $"EventFields in TraceContents.cs leaves out TcpEvent.{part.Name}"));

    [Fact]
    public void EveryColumnHasALineInTheTableOfColumns() => Assert.True(EventColumns.Count == Enum.GetValues<EventColumn>().Length,
        "formats/Blocks/EventColumn.cs has another number of columns in its enum than in its table");

    [Fact]
    public void FormatPageHasEveryColumn()
    {
        string[] rows = [.. File.ReadLines(Document.PathOf("docs/trace-format.md"))
            .SkipWhile(l => l != "| column | rows | meaning |").TakeWhile(l => l.StartsWith('|'))];
        Each.Of(Enum.GetValues<EventColumn>(), column => Assert.True(
            rows.Any(r => r.Split('|')[1].Contains($"`{EventColumns.NameOf(column)}`", StringComparison.Ordinal)),
            $"docs/trace-format.md has no row for column {EventColumns.NameOf(column)}"));
    }

    [Fact]
    public void NoTwoFieldsShowTheSameValue()
    {
        foreach (TcpEvent e in s_events)
        {
            var shown = Fields.All.Where(f => f.Words is not ["true"]).Select(f => (f.Name, Text: FieldJourney.Text(f, e)))
                .Where(f => f.Text is not null);
            Each.Of(shown.GroupBy(f => f.Text),
                same => Assert.True(same.Count() == 1, $"{string.Join(" and ", same.Select(f => f.Name))} all show {same.Key}"));
        }
    }

    [Fact]
    public void FieldOfOneEndDependsOnThatEndOnly() => Each.Of(FieldJourney.Parts, part =>
    {
        bool isLocal = part.Name.StartsWith(nameof(TcpEvent.Process), StringComparison.Ordinal) || part.Name == nameof(TcpEvent.Saddr);
        bool isRemote = part.Name == nameof(TcpEvent.Daddr);
        foreach (Field field in Fields.All.Where(f => (f.Scope == FieldScope.Local && !isLocal)
            || (f.Scope == FieldScope.Remote && !isRemote)))
            Each.Of(s_events,
                e => Assert.Equal((field.Name, FieldJourney.Text(field, e)), (field.Name, FieldJourney.Text(field, part.Changed(e)))));
    });

    [Fact]
    public void ShowPrintsEveryField()
    {
        string file = Record();
        // Two fields share a key, so they need two lines
        foreach (Field[] fields in (Field[][])[[.. Fields.All.DistinctBy(f => f.JsonKey)],
            [.. Fields.All.Except(Fields.All.DistinctBy(f => f.JsonKey))]])
        {
            string names = string.Join(',', fields.Select(f => f.Name));
            string[] json = Show(file, "-o", "json", "--fields", names),
                columns = Show(file, "--no-headers", "-o", $"custom-columns={names}");
            Assert.Equal((s_events.Length, s_events.Length), (json.Length, columns.Length));
            for (int i = 0; i < s_events.Length; i++)
            {
                JsonElement line = JsonDocument.Parse(json[i]).RootElement;
                foreach (Field field in fields)
                {
                    TcpEvent e = s_events[i];
                    Assert.Equal(Json(field, e), line.TryGetProperty(field.JsonKey, out JsonElement value) ? value.GetRawText() : null);
                    Assert.Contains(FieldJourney.Text(field, e) ?? "", columns[i], StringComparison.Ordinal);
                }
            }
        }
        Each.Of(Fields.All, f => Assert.True(s_events.Any(e => FieldJourney.Text(f, e) is { Length: > 0 } && Json(f, e) is not null),
            $"none of the events has {f.Name}: add one to FieldJourney"));
    }

    [Fact]
    public void FilterSelectsByEveryField()
    {
        TcpEvent[] events = FieldJourney.Read(FieldJourney.Trace(s_events));
        Each.Of(Fields.All, field =>
        {
            string[] texts = [.. events.Select(e => FieldJourney.Text(field, e) ?? "")];
            foreach (string text in texts.Where(t => t.Length > 0).Distinct())
            {
                var filter = new EventFilter(new Selection { Filter = $"{field.Name} == '{text}'", Existing = true });
                Assert.Equal((field.Name, text, string.Join(' ', texts.Select(t => t == text))),
                    (field.Name, text, string.Join(' ', events.Select(e => filter.Matches(in e)))));
            }
        });
    }

    [Fact]
    public void ShowSelectsAnEventByAllItsFields()
    {
        string file = Record();
        for (int i = 0; i < s_events.Length; i++)
        {
            TcpEvent e = s_events[i];
            string all = string.Join(" and ", Fields.All.Where(f => FieldJourney.Text(f, e) is { Length: > 0 })
                .Select(f => $"{f.Name} == '{FieldJourney.Text(f, e)}'"));
            string[] selected = Show(file, "--no-headers", "-o", "custom-columns=operation,flow,mptcp,unfinished", "-F", all);
            string line = Assert.Single(selected);
            Assert.StartsWith(OperationNames.NameOf(e.Operation), line, StringComparison.Ordinal);
            Assert.Equal((e.Flags & (EventFlags.Mptcp | EventFlags.Unfinished)) != 0, line.Contains("true", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("python")]
    [InlineData("javascript")]
    public void ReadersInOtherLanguagesFindEveryField(string reader)
    {
        using Process process = Process.Start(ForeignReader.Of(reader, Record()))!;
        string[] rows = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        Assert.Equal((0, s_events.Length), (process.ExitCode, rows.Length));
        for (int i = 0; i < rows.Length; i++)
        {
            HashSet<string> values = [.. JsonDocument.Parse(rows[i]).RootElement.EnumerateObject()
                .Select(p => p.Value.ValueKind == JsonValueKind.String ? p.Value.GetString()! : p.Value.GetRawText())];
            TcpEvent e = s_events[i];
            Each.Of(FieldJourney.Parts, part => Assert.True(values.Contains(Plain(part.Of(e))),
                $"tests/readers/{reader} does not print TcpEvent.{part.Name}, which is {Plain(part.Of(e))}"));
        }
    }

    private static string Plain(object value) => value switch
    {
        SafeText text => Encoding.UTF8.GetString(text.Raw),
        Address address => Convert.ToHexStringLower(address.Bytes),
        Enum word => Convert.ToInt32(word, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private string Record()
    {
        string file = _folder.File("fields.tct");
        File.WriteAllBytes(file, FieldJourney.Trace(s_events));
        return file;
    }

    private static string[] Show(string file, params string[] options)
    {
        RunResult run = TcptracerProgram.Run(["show", "--existing", .. options, file]);
        Assert.Equal((0, ""), (run.ExitCode, run.ExitCode == 0 ? "" : run.Errors));
        return run.Lines;
    }

    private static string Shown(TcpEvent e) => string.Join('\n', Fields.All.Select(f => FieldJourney.Text(f, e)));

    private static string? Json(Field field, TcpEvent e)
    {
        if (field.AppliesInJson is { } applies && !applies(in e))
            return null;
        var text = new TextBuffer();
        field.Json(text, in e);
        return Encoding.UTF8.GetString(text.Written);
    }

    public void Dispose() => _folder.Dispose();
}
