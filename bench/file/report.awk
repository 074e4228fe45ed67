# The tables of bench/file/run. Input: "size NAME BYTES", "recording M_EVENTS_PER_S BYTES_ALLOCATED", and measurements as
# "TASK TOOL ROUND WALL_US CPU_US PEAK_KB". Ratios are medians of the ratios within each round.
function median(list, n,    i, j, t) {
    for (i = 2; i <= n; i++)
        for (j = i; j > 1 && list[j - 1] > list[j]; j--) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
    return n == 0 ? 0 : n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}
function column(task, tool, of,    n, r, list) {
    for (r = 1; r <= runs; r++)
        if ((task, tool, r) in wall) list[++n] = of == "cpu" ? cpu[task, tool, r] : wall[task, tool, r]
    return median(list, n)
}
# How many milliseconds longer than a peer it takes
function longer(task, own, peer,    n, r, list) {
    for (r = 1; r <= runs; r++)
        if ((task, peer, r) in wall && (task, own, r) in wall) list[++n] = (wall[task, own, r] - wall[task, peer, r]) / 1000
    return median(list, n)
}
# How many times as long the peer takes
function ratio(task, peer, own,    n, r, list) {
    for (r = 1; r <= runs; r++)
        if ((task, peer, r) in wall && (task, own, r) in wall) list[++n] = wall[task, peer, r] / wall[task, own, r]
    return median(list, n)
}
function milliseconds(us) { return us == 0 ? "" : us < 10000 ? sprintf("%.1f", us / 1000) : sprintf("%d", us / 1000 + 0.5) }
function cell(task, tool) { return column(task, tool) ? milliseconds(column(task, tool)) " (" milliseconds(column(task, tool, "cpu")) ")" : "" }
function row(task, title,    i, line) {
    line = "| " title " |"
    for (i = 1; i <= tool_count; i++)
        line = line " " (tools[i] == "rg" || tools[i] == "tshark" ? cell(task, "rg") cell(task, "tshark") : cell(task, tools[i])) " |"
    print line
}
# One goal: at least (or at most) so much
function goal(title, value, wanted, most,    met, off) {
    met = most ? value <= wanted : value >= wanted
    off = most ? value / wanted - 1 : 1 - value / wanted
    printf "| %s | %s %s | %.*f | %s |\n", title, most ? "at most" : "at least", wanted, value < 0.05 ? 3 : 2, value, met ? "met" : sprintf("**missed** by %.0f %%", 100 * off)
}
$1 == "events" { events = $2; next }
$1 == "size" { size[$2] = $3; next }
$1 == "recording" { speeds[++recordings] = $2; allocated = $3; next }
{
    wall[$1, $2, $3] = $4; cpu[$1, $2, $3] = $5
    if ($6 > peak[$2]) { peak[$2] = $6 }
    if ($1 ~ /^large/ && $6 > peak_large) peak_large = $6
}
END {
    print "Size of " events " events, half of them closes, with the same twenty fields (`" fields "`); a .tct holds all others, too. nfdump and pcap: the flows and packets of the same connections, without processes."
    print ""
    print "| | bytes/event | of Parquet zstd |"
    print "|---|---:|---:|"
    split("tct parquet-zstd parquet-lz4 nfdump jsonl-gz jsonl pcap", formats, " ")
    split(".tct|Parquet, zstd|Parquet, lz4|nfdump, LZ4|JSON lines, gzip|JSON lines|pcap of headers", titles, "|")
    for (i = 1; i in formats; i++)
        printf "| %s | %.1f | %.2f |\n", titles[i], size[formats[i]] / events, size[formats[i]] / size["parquet-zstd"]
    print ""
    print "Milliseconds of the whole process, in brackets of processor time: medians of " runs " interleaved rounds, output to /dev/null (nfdump's JSON: of a third of them, jq: one)."
    print ""
    print "| | tcptracer | nfdump | DuckDB, zstd | DuckDB, lz4 | tcpdump | ripgrep; tshark | jq |"
    print "|---|---:|---:|---:|---:|---:|---:|---:|"
    tool_count = split("tcptracer nfdump duckdb-zstd duckdb-lz4 tcpdump rg jq", tools, " ")
    row("addr", "a popular address, one event in a hundred")
    row("process", "a process and a port (nfdump, tcpdump: its address)")
    row("port", "an ephemeral port")
    row("top", "ten addresses with most events")
    row("json", "half of them as JSON")
    row("json-pipe", "the same into a pipe")
    row("start", "ten events")
    row("info", "info")
    print ""
    printf "All thirty-two fields of `show -o json` instead of twenty: %s, into a pipe %s. Peak RSS, the largest of all: tcptracer %.0f MB, nfdump %.0f, DuckDB %.0f, tcpdump %.0f, ripgrep %.0f, jq %.0f, tshark %.0f.\n",
        cell("json", "tcptracer-all"), cell("json-pipe", "tcptracer-all"), (peak["tcptracer"] > peak["tcptracer-all"] ? peak["tcptracer"] : peak["tcptracer-all"]) / 1000, peak["nfdump"] / 1000,
        (peak["duckdb-zstd"] > peak["duckdb-lz4"] ? peak["duckdb-zstd"] : peak["duckdb-lz4"]) / 1000, peak["tcpdump"] / 1000, peak["rg"] / 1000, peak["jq"] / 1000, peak["tshark"] / 1000
    printf "All of them into Parquet with zstd, these twenty fields: tcptracer %s, peak RSS %.0f MB; DuckDB, from its own Parquet, %s.\n", cell("parquet", "tcptracer-export"), peak["tcptracer-export"] / 1000, cell("parquet", "duckdb-zstd")
    printf "A program that does nothing, of .NET with the same settings, instead of the one that shows ten events: %s.\n", cell("start", "empty")
    if (peak_large)
        printf "A hundred million events (%.2f GB): `info` %s ms, an ephemeral port %s, ten addresses %s, all as JSON %s; peak RSS %.0f MB.\n", size["large"] / 1e9,
            cell("large-info", "tcptracer"), cell("large-port", "tcptracer"), cell("large-top", "tcptracer"), cell("large-json", "tcptracer"), peak_large / 1000
    printf "Recording from memory to a file, on one processor: %.2f million events/s, %.2f bytes allocated per event once buffers have grown.\n", median(speeds, recordings), allocated
    print ""
    print "| goal | wanted | measured | |"
    print "|---|---:|---:|---|"
    goal("bytes per event, of Parquet zstd's", size["tct"] / size["parquet-zstd"], 0.7, 1)
    goal("a popular address, times as fast as nfdump", ratio("addr", "nfdump", "tcptracer"), 2.5)
    goal("a process and a port, times as fast as nfdump", ratio("process", "nfdump", "tcptracer"), 2.5)
    goal("an ephemeral port, times as fast as nfdump", ratio("port", "nfdump", "tcptracer"), 2.5)
    goal("JSON, times as fast as DuckDB (zstd)", ratio("json", "duckdb-zstd", "tcptracer"), 1.5)
    goal("Parquet, times as fast as DuckDB writes it", ratio("parquet", "duckdb-zstd", "tcptracer-export"), 1)
    goal("JSON, times as fast as nfdump", ratio("json", "nfdump", "tcptracer"), 10)
    goal("ten addresses, times as fast as nfdump", ratio("top", "nfdump", "tcptracer"), 3)
    goal("start-up on ten events, of nfdump's", ratio("start", "tcptracer", "nfdump"), 2, 1)
    goal("the same, ms longer than an empty program of .NET", longer("start", "tcptracer", "empty"), 0.5, 1)
    goal("peak RSS in MB" (peak_large ? ", of a hundred million events, too" : ""), (peak["tcptracer"] > peak["tcptracer-all"] ? peak["tcptracer"] : peak["tcptracer-all"]) / 1000, 48, 1)
    goal("recording, million events/s on one processor", median(speeds, recordings), 1)
    goal("allocated per event while recording, bytes", allocated, 1, 1)
}
