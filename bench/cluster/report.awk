# The tables of bench/cluster/run. Input: "events N", "check NAME VALUE", "size NAME BYTES", "live ROUND" with what LiveCluster prints and how
# many came too late, and measurements as "merge TOOL ROUND WALL_US CPU_US PEAK_KB". Ratios are medians of the ratios within each round.
function median(list, n,    i, j, t) {
    for (i = 2; i <= n; i++)
        for (j = i; j > 1 && list[j - 1] > list[j]; j--) { t = list[j]; list[j] = list[j - 1]; list[j - 1] = t }
    return n == 0 ? 0 : n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}
function column(tool, field,    n, r, list) { for (r = 1; r <= runs; r++) list[++n] = used[tool, r, field]; return median(list, n) }
function ratio(one, other, field,    n, r, list) { for (r = 1; r <= runs; r++) list[++n] = used[one, r, field] / used[other, r, field]; return median(list, n) }
function most(tool,    r, m) { for (r = 1; r <= runs; r++) if (used[tool, r, 6] > m) m = used[tool, r, 6]; return m }
function row(tool, title) {
    printf "| %s | %.2f | %.2f | %.2f | %.1f | %.2f | %.0f |\n", title, column(tool, 4) / 1e6, column(tool, 5) / 1e6, events / column(tool, 4), ratio(tool, "cat", 5), ratio(tool, "sort", 5), most(tool) / 1000
}
function of_live(kind, field,    n, r, list) { for (r = 1; r <= runs; r++) list[++n] = live[kind, r, field]; return median(list, n) }
function worst_live(kind, field,    r, m) { for (r = 1; r <= runs; r++) if (live[kind, r, field] > m) m = live[kind, r, field]; return m + 0 }
function missing(kind,    r, s) { for (r = 1; r <= runs; r++) s += live[kind, r, 5] - live[kind, r, 6]; return s + 0 }
# Processor time of an event: field 11 of 5
function cost(kind,    n, r, list) { for (r = 1; r <= runs; r++) list[++n] = live[kind, r, 11] / live[kind, r, 5]; return median(list, n) }
function live_row(kind,    words) {
    split(kind, words, " ")
    printf "| %d | %d | %d | %d | %d | %d | %d | %.1f | %.0f | %.1f | %d |\n", words[1], words[2], missing(kind), worst_live(kind, 7), of_live(kind, 8), of_live(kind, 9), worst_live(kind, 10),
        cost(kind), worst_live(kind, 12) / 1000, of_live(kind, 13) / of_live(kind, 5), worst_live(kind, 14)
}
function goal(title, value, wanted, least,    met) {
    met = least ? value >= wanted : value <= wanted
    printf "| %s | %s %s | %.*f | %s |\n", title, least ? "at least" : "at most", wanted, value == int(value) ? 0 : 2, value,
        met ? "met" : wanted == 0 ? "**missed**" : sprintf("**missed** by %.0f %%", 100 * (least ? 1 - value / wanted : value / wanted - 1))
}
$1 == "events" { events = $2; next }
$1 == "check" { check[$2] = $3; next }
$1 == "size" { size[$2] = $3; next }
$1 == "live" {
    kind = $3 " " $4
    if (!(kind in seen)) { seen[kind] = 1; kinds[++kind_count] = kind }
    for (f = 5; f <= 15; f++) live[kind, $2, f] = $f
    next
}
{ for (f = 4; f <= 6; f++) used[$2, $3, f] = $f }
END {
    printf "%d events of %d nodes, %d connections. Medians of %d interleaved rounds; ratios are of processor time, within a round.\n\n", events, nodes, events / 4, runs
    print "| | seconds | processor seconds | million events/s | times `cat` | times `sort -m` | peak RSS, MB |"
    print "|---|---:|---:|---:|---:|---:|---:|"
    row("tcptracer", "`merge` of all traces into one")
    row("clocks-left", "the same with `--align none`")
    row("json", "`merge` and `show -o json` of its output")
    row("show", "`show -o json` of all traces, unmerged")
    row("duckdb", "DuckDB: Parquet of all nodes, sorted, into Parquet")
    row("sort", "`sort -m` of JSON lines of all nodes")
    row("cat", "`cat` of these lines")
    printf "\nThe traces have %.1f B/event, the merged one %.1f. Clocks were wrong by %.0f ms at most, after the merge by %.1f µs.\n\n", size["traces"] / events, size["merged"] / events, check["clock-was-ms"], check["clock-us"]
    print "Live, ten seconds: delays are from the event to its line, with `--delay 1s`. *Generator* is by how much the events themselves came too late."
    print ""
    print "| nodes | events/s | missing | out of order | delay, ms: median | 99 % | most | processor, µs/event | peak RSS, MB | B/event on the wire | generator, ms |"
    print "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    n = split("1 20000," nodes " 20000,1 100000," nodes " 100000," nodes " 200000", order, ",")
    for (i = 1; i <= n; i++)
        live_row(order[i])
    print ""
    print "| goal | wanted | measured | |"
    print "|---|---:|---:|---|"
    goal("merge: events that are missing, or there twice", check["missing"] + (events - check["events"]), 0)
    goal("merge: out of the order of wall time (1: yes)", check["unsorted"], 0)
    goal("merge: connections with two rows instead of one, of " events / 4, check["rows"] - events / 4, 0)
    goal("merge: the clock that is most wrong, µs", check["clock-us"], 500)
    goal("merge: processor time, of DuckDB that sorts as many rows", ratio("tcptracer", "duckdb", 5), 1)
    goal("merge: peak RSS in MB", most("tcptracer") / 1000, 256)
    goal("live, 100 000 events/s: missing", missing(nodes " 100000"), 0)
    goal("live, 100 000 events/s: out of order", worst_live(nodes " 100000", 7), 0)
    goal("live, 100 000 events/s: 99 % of the delays, ms", of_live(nodes " 100000", 9), 1500)
    goal("live, 100 000 events/s: peak RSS in MB", worst_live(nodes " 100000", 12) / 1000, 256)
}
