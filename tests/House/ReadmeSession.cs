using TcpTracer.Tests.Harness;
using Xunit;

namespace TcpTracer.Tests.House;

/// <summary>A session in the README, between two comments: commands after a dollar sign, each with its output.</summary>
internal sealed class ReadmeSession
{
    private static readonly string s_path = Path.Combine(TcptracerProgram.Repository, "README.md");
    private readonly int _start, _end;
    private readonly string _text = File.ReadAllText(s_path);

    public ReadmeSession(string name)
    {
        string opening = $"<!-- {name} -->\n```console\n";
        _start = _text.IndexOf(opening, StringComparison.Ordinal) + opening.Length;
        _end = _text.IndexOf($"```\n<!-- end of {name} -->", StringComparison.Ordinal);
        Assert.True(_start >= opening.Length && _end > _start, $"README has no {name}");
    }

    /// <summary>Runs its commands, and holds that what is written there is what they print; or writes that there, if that is asked for.</summary>
    /// <param name="run">Runs one and gives its output.</param>
    /// <param name="normalised">Without what is another each time.</param>
    public void Check(Func<string, string> run, Func<string, string> normalised)
    {
        string written = _text[_start.._end], real = "";
        foreach (string command in written.Split('\n').Where(l => l.StartsWith("$ ", StringComparison.Ordinal)).Select(l => l[2..]))
        {
            string output = run(command);
            real += $"$ {command}\n{output}{(output.EndsWith('\n') || output.Length == 0 ? "" : "\n")}";
        }
        if (Environment.GetEnvironmentVariable("TCPTRACER_UPDATE_README") == "1")
            File.WriteAllText(s_path, _text[.._start] + real + _text[_end..]);
        else
            Assert.Equal(normalised(written), normalised(real));
    }
}
