"""From a record of events to its rows, with the columns of the file."""
from __future__ import annotations

from typing import Any, Callable, Iterator

from ._errors import Bad, need, within

_WRAP = 1 << 64
_ROWS, _ENTRIES, _ADDRESSES, _COMMAND = 65536, 16384, 32768, 256
_EXISTING, _UNCOUNTED = 6, 16
_COLUMNS = ("ts", "kind", "back", "local", "remote", "port", "age", "cpu", "fd", "other", "sent", "received", "retransmits", "srtt",
            "flow", "closing", "shift", "far_cgroup", "far_cgroup_v1")
_KIND = ("operation", "reason", "attribution", "flags", "error")
_PROCESS = ("pid", "tid", "uid", "gid", "ppid", "comm", "pcomm", "netns", "netns_cookie", "mntns", "cgroup", "cgroup_v1", "exe", "args")


def rows(block: dict[str, Any], size: int, unknown: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    """The rows of a record of events, in their order. It is checked as a whole before the first row comes."""
    try:
        return _Block(block, size, unknown).rows()
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise Bad("a record of events whose parts agree", f"{type(error).__name__}: {error}") from None


def signed(value: int) -> int:
    value %= _WRAP
    return value - _WRAP if value >> 63 else value


class _Block:
    def __init__(self, block: dict[str, Any], size: int, unknown: Callable[[str], None]):
        self._unknown = unknown
        n, d, c = block["n"], block["d"], block["c"]
        need(isinstance(n, int) and n > 0, "rows", n)
        within(n, _ROWS, "rows of a block")
        within(n, size, "rows in such a frame")
        for name, most in (("kind", _ENTRIES), ("process", _ENTRIES), ("other", _ENTRIES), ("address", _ADDRESSES), ("shift", n)):
            within(len(d.get(name, ())), most, f"entries of dictionary {name}")
        self._n = n
        self._boot, self._wall = (_integer(v) for v in block["clock"][:2])
        self._kinds = [tuple(map(_integer, entry[:5])) for entry in d["kind"]]
        self._processes = [_process(entry) for entry in d["process"]]
        self._addresses = [_address(entry) for entry in d["address"]]
        self._others = [(0, ""), None, *((_integer(entry[0]), _command(entry[1])) for entry in d.get("other", ()))]
        self._shifts = [_integer(v) for v in d.get("shift", (0,))]
        self._columns = {}
        self._kind = self._all("kind", c)
        need(all(0 <= k < len(self._kinds) for k in self._kind), "a kind of the dictionary", "another")
        self._back = self._all("back", c)
        self._first = _openings(self._back)
        self._rows_of: dict[int, list[int]] = {}
        for name in _COLUMNS:
            if name in c and name not in ("kind", "back"):
                self._columns[name] = self._column(name, c[name])
        self._local, self._remote = self._table(d["local"], 3), self._table(d["remote"], 2)
        need("ts" in c, "column ts", "none")
        self._check()

    def _all(self, name: str, columns: dict[str, Any]) -> list[int]:
        if name not in columns:
            return [0] * self._n
        parts = columns[name]
        need(len(parts) < 6 or parts[5] == 0, f"column {name} for all rows", "some")
        return _values(parts, self._n, lambda: self._unknown(f"encoding of column {name}"))

    def _column(self, name: str, parts: Any) -> list[int]:
        """The values of all rows; 0 where a row has none."""
        which = _integer(parts[5]) if len(parts) > 5 else 0
        warn = lambda: self._unknown(f"encoding of column {name}")
        if which == 0:
            return _values(parts, self._n, warn)
        if which not in self._rows_of:
            self._rows_of[which] = [i for i in range(self._n) if self._has(which, i)]
        places = self._rows_of[which]
        full = [0] * self._n
        for i, value in zip(places, _values(parts, len(places), warn)):
            full[i] = value
        return full

    def _has(self, which: int, row: int) -> bool:
        if which == -1:
            return self._back[row] == 0
        operation = self._kinds[self._kind[row]][0]
        return operation < 63 and bool(which >> operation & 1)

    def _table(self, parts: Any, columns: int) -> list[tuple[int, ...]]:
        count = parts[0]
        need(isinstance(count, int) and count >= 0, "entries of a table", count)
        within(count, min(_ENTRIES, self._n), "entries of a table in such a block")
        return list(zip(*(_values(parts[1 + i], count, lambda: None) for i in range(columns))))

    def _check(self) -> None:
        addresses, processes = range(len(self._addresses)), range(len(self._processes))
        need(all(p in processes and a in addresses and -1 <= port < 65536 for p, a, port in self._local), "entries of local",
             "another index")
        need(all(a in addresses and -1 <= port < 65536 for a, port in self._remote), "entries of remote", "another index")
        ranges = {"local": len(self._local), "remote": len(self._remote)}
        for name, end in ranges.items():
            values = self._columns.get(name, [0] * self._n)
            need(all(0 <= values[i] < end for i in set(self._first)), f"an entry of {name}", "another index")
        for name, end in (("other", len(self._others)), ("shift", len(self._shifts))):
            need(all(0 <= v < end for v in self._columns.get(name, ())), f"an entry of {name}", "another index")

    def rows(self) -> Iterator[dict[str, Any]]:
        none = [0] * self._n
        ts, local, remote, port, age, cpu, fd, other, sent, received, retransmits, srtt, flow, closing, shift, far, far_v1 = (
            self._columns.get(name, none) for name in _COLUMNS if name not in ("kind", "back"))
        # Version 1.0 had no bytes of connections that are older than the recorder
        lacks_bytes = "flow" not in self._columns
        for i, first in enumerate(self._first):
            process, saddr, sport = self._local[local[first]]
            daddr, dport = self._remote[remote[first]]
            owner = self._processes[process]
            who = self._others[other[i]] or (owner["pid"], owner["comm"])
            row = dict(zip(_KIND, self._kinds[self._kind[i]]))
            if lacks_bytes and row["operation"] == _EXISTING:
                row["flags"] |= _UNCOUNTED
            row["ts"] = signed(ts[i] - self._shifts[shift[i]])
            row["wall"] = signed(self._wall + ts[i] - self._boot)
            row["start"] = signed(ts[first] - self._shifts[shift[first]] - age[first])
            row["cpu"] = cpu[first]
            row["fd"] = fd[first]
            row["saddr"] = self._addresses[saddr]
            row["daddr"] = self._addresses[daddr]
            row["sport"] = port[first] if sport < 0 else sport
            row["dport"] = port[first] if dport < 0 else dport
            row.update(owner)
            row["other_pid"], row["other_comm"] = who
            row["retransmits"] = retransmits[i]
            row["srtt"] = srtt[i]
            row["sent"] = sent[i] % _WRAP
            row["received"] = received[i] % _WRAP
            row["flow"] = flow[first] % _WRAP
            row["closing"] = closing[i]
            row["far_cgroup"] = far[i] % _WRAP
            row["far_cgroup_v1"] = far_v1[i] % _WRAP
            yield row


def _values(parts: Any, count: int, unknown: Callable[[], None]) -> list[int]:
    encoding, width, base, payload = parts[:4] if len(parts) >= 4 else (*parts, 0, 0, 0, 0)[:4]
    need(not isinstance(encoding, bool) and not isinstance(width, bool), "numbers of an encoding", "bool")
    if not isinstance(encoding, int) or encoding > 4:
        unknown()
        return [0] * count
    base = _integer(base)
    if encoding == 0:
        return [signed(base)] * count
    need(encoding in (1, 2, 3, 4), "an encoding", encoding)
    need(encoding == 3 or (isinstance(payload, bytes) and width in ((1, 2, 4) if encoding == 4 else range(9))), "a payload", "another type")
    size = count if encoding == 3 else (count * width + 7) // 8 if encoding == 4 else count * width
    need(len(payload) == size, f"a payload of {size} bytes or values", len(payload))
    if encoding == 3:
        return [signed(_integer(v)) for v in payload]
    if encoding == 4:
        per, mask = 8 // width, (1 << width) - 1
        return [signed(base + (payload[i // per] >> i % per * width & mask)) for i in range(count)]
    planes = list(payload[:count]) if width else [0] * count
    for plane in range(1, width):
        shift = 8 * plane
        planes = [low | high << shift for low, high in zip(planes, payload[plane * count:])]
    if encoding == 1:
        return [signed(base + v) for v in planes]
    values, value = [], _integer(parts[4]) if len(parts) > 4 else 0
    for step in planes:
        value = signed(value + base + step)
        values.append(value)
    return values


def _openings(back: list[int]) -> list[int]:
    """Of each row the row that opens its connection."""
    first: list[int] = []
    for i, steps in enumerate(back):
        need(0 <= steps <= i, "an earlier row of the block", f"{steps} rows before row {i}")
        first.append(first[i - steps] if steps else i)
    return first


def _integer(value: Any) -> int:
    need(isinstance(value, int) and not isinstance(value, bool), "a whole number", type(value).__name__)
    return value


def _command(value: Any) -> Any:
    need(isinstance(value, (str, bytes)), "text", type(value).__name__)
    within(len(value if isinstance(value, bytes) else value.encode()), _COMMAND, "bytes of the name of a command")
    return value


def _process(entry: Any) -> dict[str, Any]:
    need(len(entry) >= 12, "twelve parts of a process", len(entry))
    process = dict(zip(_PROCESS, (*entry[:14], *("", "")[max(0, len(entry) - 12):])))
    for name, value in process.items():
        if name in ("comm", "pcomm"):
            _command(value)
        elif name in ("exe", "args"):
            need(isinstance(value, (str, bytes)), "text", type(value).__name__)
        else:
            need(0 <= _integer(value) < _WRAP, name, value)
    if len(entry) > 14:
        process["source"] = _integer(entry[14])
    return process


def _address(value: Any) -> bytes:
    need(isinstance(value, bytes) and len(value) in (4, 16), "an address of 4 or 16 bytes", repr(value)[:40])
    return value
