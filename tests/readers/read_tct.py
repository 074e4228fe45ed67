#!/usr/bin/python3
"""Reads a .tct trace by docs/trace-format.md alone: one JSON object an event, with --names also of which pod. Debian: python3-lz4, python3-msgpack."""
import collections, json, re, struct, sys
import lz4.frame, msgpack

WRAP = 1 << 64
RECORD, SKIPPABLE, ROWS, ENTRIES, ADDRESSES, COMMAND, LABELS = 4 << 20, 1 << 20, 65536, 16384, 32768, 256, 256 << 10

COLUMNS = ("ts", "kind", "back", "local", "remote", "port", "age", "cpu", "fd", "other", "sent", "received", "retransmits", "srtt",
           "flow", "closing", "shift", "far_cgroup", "far_cgroup_v1")


def check(good, what):
    if not good:
        sys.exit(f"{sys.argv[-1]}: this reader refuses what is beyond the limits of the specification: {what}")


def once(pairs):
    check(len({key for key, _ in pairs}) == len(pairs), "a key is there twice")
    return dict(pairs)


def signed(value):
    value %= WRAP
    return value - WRAP if value >> 63 else value


def column(parts, count_of):
    encoding, width, base, payload, start, rows = (list(parts) + [0, 0])[:6]
    n = count_of(rows)
    check(encoding not in (1, 2, 3, 4) or len(payload) == (n if encoding == 3 else (n * width + 7) // 8 if encoding == 4 else n * width), "a payload of another length")
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


def table(parts, rows):
    check(0 <= parts[0] <= min(ENTRIES, rows), "entries of a table")
    return list(zip(*(column(c, lambda rows: parts[0])[1] for c in parts[1:])))


def events(block, size):
    n, d, c = block["n"], block["d"], block["c"]
    check(0 < n <= min(ROWS, size), "rows of a block")
    check(all(len(d[name]) <= ENTRIES for name in ("kind", "process", "other")) and len(d["address"]) <= ADDRESSES, "entries of a dictionary")
    check(all(len(name) <= COMMAND for p in d["process"] for name in p[5:7]) and all(len(o[1]) <= COMMAND for o in d["other"]), "the name of a command")
    kinds = [d["kind"][i] for i in column(c["kind"], lambda rows: n)[1]]
    back = column(c["back"], lambda rows: n)[1] if "back" in c else [0] * n
    has = lambda rows, i: rows == 0 or (back[i] == 0 if rows == -1 else kinds[i][0] < 63 and rows >> kinds[i][0] & 1)
    full = {}
    for name, parts in ((name, c[name]) for name in COLUMNS if name in c):
        rows, values = column(parts, lambda rows: sum(1 for i in range(n) if has(rows, i)))
        values = iter(values)
        full[name] = [next(values) if has(rows, i) else 0 for i in range(n)]
    get = lambda name, i: full[name][i] if name in full else 0
    local, remote = table(d["local"], n), table(d["remote"], n)
    firsts, shifts = [], d.get("shift", [0])
    shift = lambda i: shifts[get("shift", i) if "shift" in d else 0]
    for i in range(n):
        check(0 <= back[i] <= i, "a row that points back")
        first = firsts[i - back[i]] if back[i] else i
        firsts.append(first)
        (process, saddr, sport), (daddr, dport) = local[get("local", first)], remote[get("remote", first)]
        p, o, port = d["process"][process], get("other", i), get("port", first)
        other = (0, "") if o == 0 else (p[0], p[5]) if o == 1 else d["other"][o - 2]
        boot, wall = block["clock"][:2]
        yield dict(zip(("operation", "reason", "attribution", "flags", "error"), kinds[i]), ts=signed(full["ts"][i] - shift(i)), wall=signed(wall + full["ts"][i] - boot),
                   start=signed(full["ts"][first] - shift(first) - get("age", first)), **({"source": p[14]} if len(p) > 14 else {}), cpu=get("cpu", first), fd=get("fd", first),
                   saddr=d["address"][saddr], daddr=d["address"][daddr], sport=port if sport < 0 else sport, dport=port if dport < 0 else dport,
                   **dict(zip(("pid", "tid", "uid", "gid", "ppid", "comm", "pcomm", "netns", "netns_cookie", "mntns", "cgroup", "cgroup_v1", "exe", "args"), [*p[:14], "", ""])),
                   other_pid=other[0], other_comm=other[1], retransmits=get("retransmits", i), srtt=get("srtt", i),
                   sent=get("sent", i) % WRAP, received=get("received", i) % WRAP,
                   flow=get("flow", first) % WRAP, closing=get("closing", i),
                   far_cgroup=get("far_cgroup", i) % WRAP, far_cgroup_v1=get("far_cgroup_v1", i) % WRAP)


class Names:
    """What the metadata said so far."""

    def __init__(self):
        self.known, self.informed, self.parts = {}, False, 0

    def take(self, record, size):
        self.informed = True
        if record.get("checkpoint"):
            self.known, self.parts = {}, 0
        labels = [p[5] for p in record.get("pods", [])]
        claims = [c for name, at in (("pods", 6), ("services", 3), ("nodes", 1)) for entry in record.get(name, []) for c in entry[at]]
        parts = sum(len(record.get(k, [])) for k in ("pods", "containers", "cgroups", "services", "nodes", "forgotten")) + len(claims)
        check(parts + sum(map(len, labels)) / 2 <= 64 + 2 * size, "entries of metadata in a frame")
        check(all(sum(len(k) + len(v) for k, v in pod.items()) <= LABELS for pod in labels), "labels of a pod")
        self.parts += parts + len(claims) + sum(map(len, labels))
        check(self.parts <= 196608, "entries of metadata from one checkpoint to the next")
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
        place_of = place(memory)
        if place_of == ("", ""):
            place_of = place(memory if unified is None else unified)
        if place_of is None:
            return "?", "?", "?"
        uid, container = place_of
        if not uid and not container:
            lost = unified is None and memory is None and (event["cgroup"] or event["cgroup_v1"])
            return ("?", "?", "?") if lost else ("<>", "<>", "<>")
        uid, name = self.known.get(("containers", container), [uid, ""])[:2]
        name = name or container[:12] or "<>"
        if not uid:
            return "<>", "<>", name
        return *self.known.get(("pods", uid), ["?", uid])[:2], name


def place(path):
    """Pod uid and container id; None: the outermost names of the path are missing."""
    if (path or "").startswith("..."):
        return None
    parts = [p for p in (path or "").split("/") if p]
    root = next((i for i, p in enumerate(parts) if "kubepods" in p), 0)
    is_users = parts[:1] == ["user.slice"] and not any(is_id(unwrap(p)) for p in parts[:root])
    for i in range(0 if is_users else len(parts)):
        first, *rest = parts[i].split(":")
        slice = re.fullmatch(r"(?=.*kubepods).*-pod(.*)\.slice", first)
        plain = re.fullmatch(r"pod(.+)", first) if any("kubepods" in p for p in parts[:i]) else None
        if slice:
            return slice[1].replace("_", "-"), unwrap(rest[-1] if rest else "".join(parts[i + 1:i + 2]))
        if plain and not (first.endswith(".slice") and "kubepods" in first):
            return plain[1], unwrap(rest[-1] if rest else "".join(parts[i + 1:i + 2]))
    ids = (unwrap(p.split(":")[-1]) for p in reversed(parts))
    return "", next((i for i in ids if is_id(i)), "")


def is_id(name):
    return re.fullmatch("[0-9a-f]{64}", name)


def unwrap(part):
    part = part.removesuffix(".scope")
    return "" if re.match("(crio|libpod)-conmon-", part) else re.sub("^(cri-containerd|crio|docker|libpod|nerdctl)-", "", part)


def records(data):
    at = 0
    while at < len(data):
        check(len(data) - at >= 8, f"a frame at offset {at} that is cut off")
        magic, size = struct.unpack_from("<II", data, at)
        if magic & 0xFFFFFFF0 == 0x184D2A50:
            check(size <= SKIPPABLE, "a skippable frame")
            at += 8 + size
            continue
        check(len(data) - at >= 27 and magic == 0x184D2204 and data[at + 4] == 0x6C, f"no frame at offset {at}")
        content, block = struct.unpack_from("<QxI", data, at + 6)
        used = 27 + (block & 0x7FFFFFFF)
        check(content <= min(RECORD, 4096 + 32 * used), "a record")
        try:
            raw = lz4.frame.decompress(data[at:at + used])
            record = msgpack.unpackb(raw, strict_map_key=False, object_pairs_hook=once, max_str_len=65536, max_array_len=65536, max_map_len=65536)
        except (RuntimeError, ValueError) as e:
            check(False, f"a record at offset {at}: {e}")
        at += used
        yield record, used


names = collections.defaultdict(Names)
for record, size in records(memoryview(open(sys.argv[-1], "rb").read())):
    if record["t"] == "header":
        names = collections.defaultdict(Names)
        check(set(record["required"]) <= {"merged"}, "a required feature")
    elif record["t"] == "metadata":
        names[record.get("source", 0)].take(record, size)
    for event in events(record, size) if record["t"] == "events" else []:
        if "--names" in sys.argv:
            event.update(zip(("namespace", "pod", "container"), names[event.get("source", 0)].of(event)))
        print(json.dumps(event, default=lambda b: b.hex()))
