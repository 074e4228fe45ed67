"""A trace as a whole."""
from __future__ import annotations

import gzip
import io
import os
from typing import Any, BinaryIO, Iterator, Optional, Union

from ._blocks import rows
from ._errors import Bad, Problem, TraceError, need, plain, within
from ._events import event_of
from ._frames import KNOWN_KINDS, Record, Window, frames
from ._names import Budget, Names, Place

Source = Union[str, "os.PathLike[str]", bytes, BinaryIO]
_MAJOR, _FEATURES = 1, {"merged"}
_LOSSES = {1: "ring-full", 2: "connections-full", 3: "processes-full", 6: "listeners-full", 7: "evicted", 8: "damaged", 9: "deleted"}
_MOST = 1000  # of a list of what was noticed: a hostile file may have any number


class Trace:
    """A .tct trace, also packed with gzip or zstd. Iterate over it once: each event is a dict.

    While it is read, it notes what else is in it:

    header: the first header record; None: it is lost. headers: all of them, for one trace may follow another in a file.
    lost: how many events the recorder lost, by reason. losses: each time it did. end: the last end record; None: there is none (yet).
    problems: what could not be read, and where (at most 1000; problem_count has all). unknown: what a later version wrote.
    """

    def __init__(self, source: Source):
        self._closes, stream = _open(source)
        self._window = Window(stream)
        self.problems: list[Problem] = []
        self.problem_count = 0
        self.unknown: set[str] = set()
        self.header: Optional[dict[str, Any]] = None
        self.headers: list[dict[str, Any]] = []
        self.losses: list[dict[str, Any]] = []
        self.lost: dict[str, int] = {}
        self.end: Optional[dict[str, Any]] = None
        self._start: Optional[Record] = None
        self._is_headed, self._current = False, {}
        self._reset()
        self._read = self._records()
        self._waiting = []
        try:
            self._waiting = [next(self._read)]
        except StopIteration:
            pass
        except (TraceError, OSError, EOFError):
            self.close()
            raise

    def __enter__(self) -> "Trace":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file, if this opened it. At the end of the trace it is closed by itself."""
        for stream in self._closes:
            stream.close()

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Events in the order of the file, with the names and values of `tcptracer show -o json`; a key that does not apply is left out."""
        for row in self.rows():
            names = self._names_of(row)
            far = (row["far_cgroup"], row["far_cgroup_v1"])
            yield event_of(row, self._node_of(row), names.of(row["cgroup"], row["cgroup_v1"]), names.of(*far) if any(far) else _NOBODY)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Events in the order of the file, with the columns of the file: numbers instead of words, addresses as bytes."""
        for record in self.records():
            if record.kind == "events":
                try:
                    yield from rows(record.content, record.size, self._note_unknown)
                except Bad as bad:
                    self._report(Problem(record.offset, bad.kind, bad.expected, bad.found))

    def records(self) -> Iterator[Record]:
        """The records of the file, decoded but not interpreted."""
        while self._waiting:
            yield self._waiting.pop()
        for record in self._read:  # not "yield from": who stops early would end it for all
            yield record

    def place_of(self, row: dict[str, Any]) -> Place:
        """Where the process of a row runs, by what the trace said up to that row."""
        return self._names_of(row).of(row["cgroup"], row["cgroup_v1"])

    @property
    def pods(self) -> list[dict[str, Any]]:
        """The pods that are known now, after what was read so far."""
        return self._list("pods", "uid", "namespace", "name", "node", "owner", "labels", "claims")

    @property
    def containers(self) -> list[dict[str, Any]]:
        """The same of containers."""
        return self._list("containers", "id", "pod_uid", "name", "image")

    @property
    def services(self) -> list[dict[str, Any]]:
        """The same of services."""
        return self._list("services", "uid", "namespace", "name", "claims")

    @property
    def nodes(self) -> list[dict[str, Any]]:
        """The same of nodes."""
        return self._list("nodes", "name", "claims")

    def _list(self, kind: str, *keys: str) -> list[dict[str, Any]]:
        found = []
        for source, names in self._names.items():
            for entry in names.known[kind].values():
                item = dict(zip(keys, entry))
                if "claims" in item:
                    item["claims"] = [{"address": _text(c[0]), "since": c[1], "until": c[2]} for c in item["claims"]]
                found.append({**item, **({"source": source} if source else {})})
        return found

    def _records(self) -> Iterator[Record]:
        for record in frames(self._window, self._report):
            if record.kind == "start":
                self._start, self._is_headed = record, False
                self._reset()
                continue
            if record.kind == "lost":
                for names in self._all_names():
                    names.informed = True
                continue
            try:
                self._take(record)
            except Bad as bad:
                self._report(Problem(record.offset, bad.kind, bad.expected, bad.found))
                continue
            yield record
        self.close()

    def _take(self, record: Record) -> None:
        content, kind = record.content, record.kind
        if kind == "header":
            self._take_header(record)
        elif not self._is_headed:
            self._is_headed = True
            if self._start:
                _refuse_newer(self._start.content["major"], self._start.content["minor"], ())
            self._report(Problem(record.offset, "damage", "the header record", "none"))
        if kind == "metadata":
            self._take_metadata(record)
        elif kind == "loss":
            self._take_loss(content)
        elif kind == "end":
            self.end = content
        elif kind not in KNOWN_KINDS.values():
            self._note_unknown(f"record {kind[:64]}")

    def _take_header(self, record: Record) -> None:
        content = record.content
        required = content.get("required", ())
        need(isinstance(content.get("major"), int) and isinstance(content.get("minor"), int), "a version", "none")
        need(isinstance(required, tuple) and all(isinstance(f, str) for f in required), "a list of required features", "another type")
        _refuse_newer(content["major"], content["minor"], required)
        merged = content.get("merged", ())
        need(isinstance(merged, tuple) and all(isinstance(m, dict) for m in merged), "a list of sources", "another")
        within(len(merged), min(4096, (256 + record.size) // 16), "sources in such a frame")
        absent = content.get("absent", ())
        need(isinstance(absent, tuple) and all(isinstance(a, tuple) and len(a) >= 2 for a in absent), "a list of nodes", "another")
        within(len(absent), min(4096, 256 + record.size), "nodes that gave nothing in such a frame")
        self._reset()
        self._is_headed, self._current = True, content
        self.header = self.header or content
        if len(self.headers) < _MOST:
            self.headers.append(content)

    def _take_metadata(self, record: Record) -> None:
        source = record.content.get("source", 0)
        need(isinstance(source, int) and 0 <= source < 4096, "a source", source)
        try:
            self._names.setdefault(source, Names(self._budget)).take(record.content, record.size, record.length)
        except Bad:
            for names in self._all_names():
                names.informed = True
            raise

    def _take_loss(self, content: dict[str, Any]) -> None:
        keys = ("from", "to", "source", "count", "total")
        need(all(isinstance(content.get(key, 0), int) for key in keys), "numbers of a loss", "others")
        word = _LOSSES.get(content.get("source", 0), f"unknown({content.get('source', 0)})")
        if len(self.lost) < _MOST or word in self.lost:
            self.lost[word] = self.lost.get(word, 0) + content.get("count", 0)
        if len(self.losses) < _MOST:
            self.losses.append({**{key: content.get(key, 0) for key in keys}, "source": word})

    def _reset(self) -> None:
        self._budget, self._current = Budget(), {}
        self._names: dict[int, Names] = {0: Names(self._budget)}

    def _all_names(self) -> list[Names]:
        for source in range(len(self._current.get("merged", ()))):
            self._names.setdefault(source, Names(self._budget))
        return list(self._names.values())

    def _names_of(self, row: dict[str, Any]) -> Names:
        return self._names.get(row.get("source", 0)) or Names(self._budget)

    def _node_of(self, row: dict[str, Any]) -> str:
        merged, source = self._current.get("merged", ()), row.get("source", 0)
        node = (merged[source] if 0 <= source < len(merged) else self._current).get("node", "")
        return node if isinstance(node, str) else ""

    def _report(self, problem: Problem) -> None:
        self.problem_count += 1
        if len(self.problems) < _MOST:
            self.problems.append(problem)

    def _note_unknown(self, what: str) -> None:
        if len(self.unknown) < _MOST:
            self.unknown.add(plain(what))


_NOBODY = Place()


def _refuse_newer(major: int, minor: int, required: tuple[str, ...]) -> None:
    lacks = sorted(set(required) - _FEATURES)
    if major > _MAJOR:
        raise TraceError(f"this trace needs a newer reader: its format is {major}.{minor}, and this reader knows {_MAJOR}")
    if lacks:
        raise TraceError(f"this trace needs a newer reader: it requires {plain(', '.join(lacks)[:200])}")


def _text(address: bytes) -> str:
    from ._events import address_of
    return address_of(address) if len(address) in (4, 16) else address.hex()


def _open(source: Source) -> tuple[list[BinaryIO], BinaryIO]:
    closes: list[Any] = []
    if isinstance(source, (bytes, bytearray, memoryview)):
        stream: Any = io.BytesIO(source)
    elif hasattr(source, "read"):
        stream = source
    else:
        stream = open(source, "rb")
        closes.append(stream)
    head = stream.read(4)
    stream = _Joined(head, stream)
    if head[:2] == b"\x1f\x8b":
        stream = gzip.GzipFile(fileobj=stream)
    elif head == b"\x28\xb5\x2f\xfd":
        try:
            import zstandard
        except ImportError:
            for each in closes:
                each.close()
            raise TraceError("this trace is packed with zstd: install zstandard (Debian: python3-zstandard), "
                             "or unpack it with zstd -d") from None
        stream = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(stream, read_across_frames=True)
    return closes, stream


class _Joined(io.RawIOBase):
    """The first bytes of a stream, which were read to see how it is packed, and the rest."""

    def __init__(self, head: bytes, rest: Any):
        self._head, self._rest = head, rest

    def read(self, size: int = -1) -> bytes:
        if self._head:
            head, self._head = self._head[:size] if size >= 0 else self._head, self._head[size:] if size >= 0 else b""
            return head
        return self._rest.read(size)

    def readable(self) -> bool:
        return True
