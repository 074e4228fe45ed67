#!/usr/bin/python3
"""Reads a .tct trace by docs/trace-format.md alone: one JSON object an event, with --names also of which pod. Debian: python3-lz4, python3-msgpack."""
import json, re, struct, sys
import lz4.frame, msgpack

WRAP = 1 << 64


def signed(value):
    value %= WRAP
    return value - WRAP if value >> 63 else value


def column(parts, count_of):
    encoding, width, base, payload, start, rows = (list(parts) + [0, 0])[:6]
    n = count_of(rows)
    if encoding == 0:
        values = [base] * n
    elif encoding in (1, 2):
        values = [base + int.from_bytes(payload[i::n][:width], "little") for i in range(n)] if width else [base] * n
    elif encoding == 3:
        values = payload
    elif encoding == 4:
        values = [base + (payload[i * width // 8] >> i * width % 8 & (1 << width) - 1) for i in range(n)]
    else:
        return rows, [0] * n
    if encoding == 2:
        for i in range(n):
            values[i] += values[i - 1] if i else start
    return rows, [signed(v) for v in values]


def table(parts):
    return list(zip(*(column(c, lambda rows: parts[0])[1] for c in parts[1:])))


def events(block):
    n, d, c = block["n"], block["d"], block["c"]
    kinds = [d["kind"][i] for i in column(c["kind"], lambda rows: n)[1]]
    back = column(c["back"], lambda rows: n)[1] if "back" in c else [0] * n
    has = lambda rows, i: rows == 0 or (back[i] == 0 if rows == -1 else kinds[i][0] < 63 and rows >> kinds[i][0] & 1)
    full = {}
    for name, parts in c.items():
        rows, values = column(parts, lambda rows: sum(1 for i in range(n) if has(rows, i)))
        values = iter(values)
        full[name] = [next(values) if has(rows, i) else 0 for i in range(n)]
    get = lambda name, i: full[name][i] if name in full else 0
    local, remote = table(d["local"]), table(d["remote"])
    for i in range(n):
        first = i
        while back[first]:
            first -= back[first]
        (process, saddr, sport), (daddr, dport) = local[get("local", first)], remote[get("remote", first)]
        p, o, port = d["process"][process], get("other", i), get("port", first)
        other = (0, "") if o == 0 else (p[0], p[5]) if o == 1 else d["other"][o - 2]
        boot, wall = block["clock"][:2]
        yield dict(zip(("operation", "reason", "attribution", "flags", "error"), kinds[i]), ts=full["ts"][i], wall=signed(wall + full["ts"][i] - boot),
                   start=signed(full["ts"][first] - get("age", first)), cpu=get("cpu", first), fd=get("fd", first),
                   saddr=d["address"][saddr], daddr=d["address"][daddr], sport=port if sport < 0 else sport, dport=port if dport < 0 else dport,
                   **dict(zip(("pid", "tid", "uid", "gid", "ppid", "comm", "pcomm", "netns", "netns_cookie", "mntns", "cgroup", "cgroup_v1", "exe", "args"), [*p[:14], "", ""])),
                   other_pid=other[0], other_comm=other[1], retransmits=get("retransmits", i), srtt=get("srtt", i),
                   sent=get("sent", i) % WRAP, received=get("received", i) % WRAP,
                   flow=get("flow", first) % WRAP, closing=get("closing", i))


class Names:
    """What the metadata said so far."""

    def __init__(self):
        self.known, self.informed = {}, False

    def take(self, record):
        self.informed = True
        if record.get("checkpoint"):
            self.known = {}
        for kind, key in record.get("forgotten", []):
            kind = {1: "pods", 2: "containers", 3: "cgroups"}.get(kind)
            self.known.pop((kind, tuple(map(int, key.split(":"))) if kind == "cgroups" else key), None)
        for kind, keys in (("pods", 1), ("containers", 1), ("cgroups", 2)):
            for entry in record.get(kind, []):
                self.known[kind, entry[0] if keys == 1 else tuple(entry[:2])] = entry[keys:]

    def of(self, event):
        if not self.informed:
            return "<>", "<>", "<>"
        unified, memory = (self.known.get(("cgroups", key), [None])[0] for key in ((0, event["cgroup"]), (1, event["cgroup_v1"])))
        uid, container = place(memory)
        if not uid and not container:
            uid, container = place(memory if unified is None else unified)
        if not uid and not container:
            lost = unified is None and memory is None and (event["cgroup"] or event["cgroup_v1"])
            return ("?", "?", "?") if lost else ("<>", "<>", "<>")
        uid, name = self.known.get(("containers", container), [uid, ""])[:2]
        name = name or container[:12] or "<>"
        if not uid:
            return "<>", "<>", name
        return *self.known.get(("pods", uid), ["?", uid])[:2], name


def place(path):
    """Pod uid and container id."""
    parts = [p for p in (path or "").split("/") if p]
    for i in reversed(range(len(parts))):
        first, *rest = parts[i].split(":")
        slice = re.fullmatch(r"(?=.*kubepods).*-pod(.*)\.slice", first)
        plain = re.fullmatch(r"pod(.+)", first) if any("kubepods" in p for p in parts[:i]) else None
        if slice:
            return slice[1].replace("_", "-"), unwrap(rest[-1] if rest else "".join(parts[i + 1:i + 2]))
        if plain and not (first.endswith(".slice") and "kubepods" in first):
            return plain[1], unwrap(rest[-1] if rest else "".join(parts[i + 1:i + 2]))
    ids = (unwrap(p.split(":")[-1]) for p in reversed(parts))
    return "", next((i for i in ids if re.fullmatch("[0-9a-f]{64}", i)), "")


def unwrap(part):
    part = part.removesuffix(".scope")
    return "" if re.match("(crio|libpod)-conmon-", part) else re.sub("^(cri-containerd|crio|docker|libpod|nerdctl)-", "", part)


def records(data):
    at = 0
    while at < len(data):
        magic, size = struct.unpack_from("<II", data, at)
        if magic & 0xFFFFFFF0 == 0x184D2A50:
            at += 8 + size
            continue
        raw, used = lz4.frame.decompress(data[at:], return_bytes_read=True)
        at += used
        yield msgpack.unpackb(raw, strict_map_key=False)


names = Names()
for record in records(open(sys.argv[-1], "rb").read()):
    if record["t"] == "header":
        names = Names()
    elif record["t"] == "metadata":
        names.take(record)
    for event in events(record) if record["t"] == "events" else []:
        if "--names" in sys.argv:
            event.update(zip(("namespace", "pod", "container"), names.of(event)))
        print(json.dumps(event, default=lambda b: b.hex()))
