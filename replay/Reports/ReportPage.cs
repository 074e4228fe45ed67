using System.Globalization;
using System.Net;
using System.Reflection;
using System.Text;
using System.Text.Json;

namespace TcpTracer.Replay.Reports;

/// <summary>
/// Writes a report as one HTML file that needs no network. page.html is its frame; the style, the scripts and the data are put into it. Its
/// security policy allows this style and this script by their hashes, which are computed when the program is built, and nothing else.
/// Text from a trace reaches the page in two ways: as JSON, which the script puts into the page as text, and as the plain table for those
/// without scripts, which is encoded here.
/// </summary>
public static class ReportPage
{
    private const int MostPlainRows = 100;
    private const string Open = "<!--{", Close = "}-->";

    /// <summary>Writes the page.</summary>
    /// <param name="report">The report, finished.</param>
    /// <param name="words">What it says in words.</param>
    /// <param name="to">Where to; not closed.</param>
    public static void Write(Report report, ReportWords words, Stream to)
    {
        ReportData data = new ReportMaker(report, words).Make();
        var page = new BufferedStream(to, 1 << 16); // only flushed, for the caller closes the stream
        ReadOnlySpan<char> rest = Resource("page.html");
        while (rest.IndexOf(Open) is >= 0 and var start)
        {
            int end = rest.IndexOf(Close);
            Write(page, rest[..start]);
            Fill(page, rest[(start + Open.Length)..end].ToString(), data);
            rest = rest[(end + Close.Length)..];
        }
        Write(page, rest);
        page.Flush();
    }

    private static void Fill(Stream page, string place, ReportData data)
    {
        switch (place)
        {
            case "policy":
                Write(page, Policy());
                break;
            case "title":
                Write(page, WebUtility.HtmlEncode(data.Title));
                break;
            case "data":
                using (var json = new Utf8JsonWriter(page))
                    JsonSerializer.Serialize(json, data, ReportJson.Default.ReportData);
                break;
            case "plain":
                Write(page, PlainTable(data));
                break;
            default:
                Write(page, Resource(place));
                break;
        }
    }

    private static string Policy()
    {
        string[] hashes =
            Resource("page.hashes").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string Allowed(string extension) => string.Join(' ',
            hashes.Where(h => h.StartsWith(extension, StringComparison.Ordinal)).Select(h => $"'sha256-{h.Split(' ')[1]}'"));
        return $"default-src 'none'; style-src {Allowed(".css")}; script-src {Allowed(".js")}; base-uri 'none'; form-action 'none'";
    }

    /// <summary>For those who have no scripts: the facts, what is missing, and the busiest edges.</summary>
    private static string PlainTable(ReportData data)
    {
        var html = new StringBuilder();
        void Line(string tag, string text) => html.Append(CultureInfo.InvariantCulture, $"<{tag}>{WebUtility.HtmlEncode(text)}</{tag}>\n");
        foreach (ReportFact fact in data.Facts.Where(f => !f.IsDetail))
            Line("p", $"{fact.Name}: {fact.Value}");
        foreach (string notice in data.Notices)
            Line("p", notice);
        html.Append("<table>\n<tr><th>from</th><th>to</th><th>port</th><th>connections</th><th>failed</th><th>reset</th></tr>\n");
        foreach (EdgeData edge in data.Edges.Take(MostPlainRows))
        {
            string[] cells =
            [
                data.Parties[edge.From].Text, data.Parties[edge.To].Text, Number(edge.Port), Number(edge.Calls), Number(edge.Failed),
                Number(edge.ResetByCaller + edge.ResetByCalled + edge.Broken),
            ];
            html.Append("<tr>").AppendJoin("", cells.Select(c => $"<td>{WebUtility.HtmlEncode(c)}</td>")).Append("</tr>\n");
        }
        html.Append("</table>\n");
        return html.ToString();
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static void Write(Stream to, ReadOnlySpan<char> text)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(text)];
        to.Write(bytes, 0, Encoding.UTF8.GetBytes(text, bytes));
    }

    private static string Resource(string name)
    {
        using Stream resource = Assembly.GetExecutingAssembly().GetManifestResourceStream($"report.{name}")!;
        using var reader = new StreamReader(resource);
        return reader.ReadToEnd();
    }
}
