"""From bytes to records: LZ4 frames, block headers, and the way on after damage."""
from __future__ import annotations

import gzip
import struct
import zlib
from typing import Any, BinaryIO, Callable, Iterator, NamedTuple, Optional

import lz4.frame

from ._errors import Bad, Problem, TraceError, need, within
from ._messagepack import unpack

_SYNC = bytes.fromhex("a7544354626c6b0a")
_SKIPPABLE, _LZ4 = 0x184D2A50, 0x184D2204
_RECORD, _FRAME = 4 << 20, 1 << 20
_CHUNK = 1 << 20
_METADATA = 3
KNOWN_KINDS = {1: "header", 2: "events", 3: "metadata", 4: "clock", 5: "loss", 7: "end"}


class Record(NamedTuple):
    """A record of a trace, as docs/trace-format.md describes it.

    kind is the record's key "t", content its whole map, offset the place of its LZ4 frame in the file, size the bytes of that frame, and
    length those of the record.
    """

    kind: str
    content: dict[str, Any]
    offset: int
    size: int
    length: int = 0


class Window:
    """The next bytes of a stream. Only those of one frame are in memory."""

    def __init__(self, stream: BinaryIO):
        self._stream, self._held, self._at, self.offset, self._ended = stream, b"", 0, 0, False
        # read1() gives what was unpacked before a damage; read() would throw it away with the damage
        self._read = getattr(stream, "read1", stream.read)
        self.broken = "" # why a packed stream ended early

    def peek(self, size: int, ahead: int = 0) -> bytes:
        """The next bytes, after some; fewer at the end of the stream."""
        while len(self._held) - self._at < ahead + size and not self._ended:
            try:
                more = self._read(max(_CHUNK, ahead + size - len(self._held) + self._at))
            except (zlib.error, EOFError, gzip.BadGzipFile) as error:
                more, self.broken = b"", str(error)
            self._ended = not more
            self._held, self._at = self._held[self._at:] + more, 0
        return self._held[self._at + ahead:self._at + ahead + size]

    def find(self, bytes_: bytes, ahead: int, size: int) -> int:
        """How far away some bytes are, of the next ones; -1: they are not there."""
        self.peek(0, size)
        place = self._held.find(bytes_, self._at + ahead, self._at + size)
        return place - self._at if place >= 0 else -1

    def held(self) -> int:
        return len(self._held) - self._at

    def skip(self, size: int) -> None:
        self._at += size
        self.offset += size

    def skip_all(self) -> None:
        self.skip(self.held())


def frames(window: Window, report: Callable[[Problem], None]) -> Iterator[Record]:
    """All records that can be read. What cannot is reported, and passed over.

    Two more kinds come from here: "start" where a trace begins, "lost" where a record of metadata could not be read.
    """
    header: Optional[_BlockHeader] = None
    sequence, tried, found, header_at = _Sequence(report), 0, False, 0
    while True:
        size, at = 0, window.offset
        try:
            head = window.peek(27)
            if not head:
                break
            whole = len(head) >= 8
            magic, body = struct.unpack_from("<II", head) if whole else (0, 0)
            if whole and magic & 0xFFFFFFF0 == _SKIPPABLE:
                within(body, _FRAME, "bytes of a skippable frame")
                size = 8 + body
                frame = window.peek(size)
                need(len(frame) == size, f"{size} bytes", len(frame), "cut")
                if magic & 15 == 0 and frame[8:12] == b"TCT1" and size >= 36:
                    yield Record("start", {"major": frame[12], "minor": frame[13], "run": frame[20:36]}, at, size)
                    header, found = None, True
                elif magic & 15 == 1:
                    header, header_at = _BlockHeader.read(frame[8:]), at
            elif whole and magic == _LZ4:
                need(len(head) == 27, "27 bytes", len(head), "cut")
                size = _size(head)
                data = _decompress(window, size)
                found = True
                try:
                    record = unpack(data)
                    need(isinstance(record.get("t"), str), "a record with its kind", "none")
                    sequence.check(header, header_at, record)
                    yield Record(record["t"], record, at, size, len(data))
                except Bad as bad:  # the frame is good, so what follows it is known
                    report(Problem(at, bad.kind, bad.expected, bad.found))
                    sequence.lose(header)
                    if header is not None and header.kind == _METADATA:
                        yield Record("lost", {}, at, size)
                header = None
            else:
                need(whole or not _is_beginning(head), "8 bytes", len(head), "cut")
                raise Bad("an LZ4 or skippable frame", f"the bytes {head[:4].hex()}")
            window.skip(size)
        except Bad as bad:
            if bad.kind == "cut" and not _has_sync(window):
                if found:
                    report(Problem(at, "cut", bad.expected, f"{bad.found} bytes" if bad.found.isdigit() else bad.found))
                break
            if bad.kind == "cut":
                bad.kind = "damage"
            problem = Problem(at, bad.kind, bad.expected, bad.found)
            lost = header is not None and header.kind == _METADATA
            sequence.lose(header)
            header = None
            # Bad frames within bad frames would make a reader try each byte many times
            tried += max(min(size, window.held()), 1)
            inside = tried <= 4 * window.offset + 4 * _RECORD
            window.skip(1 if inside or not size else size)
            tried = _go_on(window, tried)
            if not found and not window.peek(1):
                raise TraceError("this is no .tct trace: it has neither a start nor a record") from None
            found = True
            report(problem)
            if lost:
                yield Record("lost", {}, at, size)
    if not found:
        raise TraceError(window.broken or "this is no .tct trace: it has neither a start nor a record")
    if window.broken:
        report(Problem(window.offset, "damage", "a whole packed trace", window.broken))


def _is_beginning(head: bytes) -> bool:
    return any(struct.pack("<I", magic)[:len(head)] == head[:4] for magic in (_LZ4, *range(_SKIPPABLE, _SKIPPABLE + 16)))


def _size(head: bytes) -> int:
    """The bytes of an LZ4 frame, whose limits are checked before more of it is read."""
    flags, content, block = struct.unpack_from("<BxQxI", head, 4)
    need(flags == 0x6C, "a frame of one block with size and checksum", f"the flags {flags:02x}")
    stored = block & 0x7FFFFFFF
    within(content, _RECORD, "bytes of a record")
    need(stored <= content + content // 255 + 16, f"a data block that can hold {content} bytes", f"{stored} bytes")
    within(content, 4096 + 32 * (27 + stored), "bytes of a record in such a frame")
    return 27 + stored


def _decompress(window: Window, size: int) -> bytes:
    frame = window.peek(size)
    need(len(frame) == size, f"{size} bytes", len(frame), "cut")
    try:
        return lz4.frame.decompress(frame)
    except (RuntimeError, ValueError) as error:
        raise Bad("a good LZ4 frame", str(error).rpartition(": ")[2]) from None


def _has_sync(window: Window) -> bool:
    """Whether the rest of what is held has another block: then this frame is not cut off, but its length is wrong."""
    return window.find(_SYNC, 9, _RECORD + _FRAME) >= 0


def _go_on(window: Window, tried: int) -> int:
    """Goes to the next good block header."""
    while True:
        place = window.find(_SYNC, 8, _CHUNK)
        if place < 0:
            if window.held() < _CHUNK:
                window.skip_all()
                return tried
            window.skip(_CHUNK - 16)
            continue
        window.skip(place - 8)
        magic, size = struct.unpack("<II", window.peek(8))
        if magic == _SKIPPABLE + 1 and size <= _FRAME and tried <= 4 * window.offset + 4 * _RECORD:
            tried += size
            if _BlockHeader.read(window.peek(size, 8)):
                return tried
        window.skip(1)


class _BlockHeader(NamedTuple):
    kind: int
    sequence: int

    @staticmethod
    def read(body: bytes) -> Optional["_BlockHeader"]:
        """None: it is damaged. Then the record behind it can still be good."""
        if len(body) < 92 or not body.startswith(_SYNC):
            return None
        length = int.from_bytes(body[10:12], "little")
        if not 92 <= length <= len(body) or xxh32(body[:length - 4]) != int.from_bytes(body[length - 4:length], "little"):
            return None
        return _BlockHeader(body[8], int.from_bytes(body[20:24], "little"))


class _Sequence:
    """Notices blocks that are missing, by their numbers."""

    def __init__(self, report: Callable[[Problem], None]):
        self._report, self._next, self._may_jump = report, 0, False

    def check(self, header: Optional[_BlockHeader], at: int, record: dict[str, Any]) -> None:
        if record["t"] == "header":
            self._next, self._may_jump = (header.sequence if header else 0), True
        elif header and header.sequence != self._next and not self._may_jump:
            kind = "gap" if header.sequence > self._next else "order"
            self._report(Problem(at, kind, f"block {self._next}", f"block {header.sequence}"))
            if kind == "order":
                return
        elif header:
            self._may_jump = False
        self._next = (header.sequence if header else self._next) + 1

    def lose(self, header: Optional[_BlockHeader]) -> None:
        if header:
            self._next = header.sequence + 1
        else:
            self._may_jump = True  # nobody knows which blocks were there, and the damage is reported


def xxh32(data: bytes) -> int:
    """XXH32 with seed 0."""
    mask, p1, p2, p3, p4, p5 = 0xFFFFFFFF, 2654435761, 2246822519, 3266489917, 668265263, 374761393
    end, at = len(data), 0
    if end >= 16:
        lanes = [(p1 + p2) & mask, p2, 0, -p1 & mask]
        words = struct.unpack_from(f"<{end // 16 * 4}I", data)
        for i, word in enumerate(words):
            lane = (lanes[i & 3] + word * p2) & mask
            lanes[i & 3] = (lane << 13 | lane >> 19) * p1 & mask
        at = end // 16 * 16
        total = sum((lane << turn | lane >> 32 - turn) & mask for lane, turn in zip(lanes, (1, 7, 12, 18))) & mask
    else:
        total = p5
    total = (total + end) & mask
    while at + 4 <= end:
        total = (total + int.from_bytes(data[at:at + 4], "little") * p3) & mask
        total = (total << 17 | total >> 15) * p4 & mask
        at += 4
    for byte in data[at:]:
        total = (total + byte * p5) & mask
        total = (total << 11 | total >> 21) * p1 & mask
    total = (total ^ total >> 15) * p2 & mask
    total = (total ^ total >> 13) * p3 & mask
    return total ^ total >> 16
