"""Traces for the tests: the golden ones of the repository, and some that are made here, also of what no writer writes."""
import json
import os
import pathlib
import struct
import sys

import lz4.frame

ROOT = pathlib.Path(__file__).resolve().parents[4]
PACKAGE = str(pathlib.Path(__file__).resolve().parents[1])
sys.path.insert(0, PACKAGE)
ENVIRONMENT = {**os.environ, "PYTHONPATH": PACKAGE}  # of another Python that a test starts
GOLDEN = sorted((ROOT / "tests/golden").glob("[0-9]*/*/trace.tct"))
SHOP = ROOT / "examples/shop.tct"


def pack(value):
    """MessagePack. Bytes in a list are taken as they are, so that a test can write what is wrong."""
    if isinstance(value, bool) or value is None:
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[value]
    if isinstance(value, int):
        return b"\xd3" + struct.pack(">q", value) if value < 1 << 63 else b"\xcf" + struct.pack(">Q", value)
    if isinstance(value, str):
        return b"\xdb" + struct.pack(">I", len(value.encode())) + value.encode()
    if isinstance(value, bytes):
        return b"\xc6" + struct.pack(">I", len(value)) + value
    if isinstance(value, dict):
        return b"\xdf" + struct.pack(">I", len(value)) + b"".join(pack(k) + pack(v) for k, v in value.items())
    return b"\xdd" + struct.pack(">I", len(value)) + b"".join(map(pack, value))


def frame(data):
    return lz4.frame.compress(data, block_size=lz4.frame.BLOCKSIZE_MAX4MB, block_linked=False, content_checksum=True)


def record(kind, **content):
    return frame(pack({"t": kind, **content}))


def header(**more):
    return record("header", major=1, minor=1, required=[], node="n", clock=[0, 0, 0, 0, 0], **more)


def block(columns=(), dictionaries=(), n=1, **more):
    """A record of events with one connect, and what is asked for otherwise."""
    process = [7, 7, 0, 0, 1, "curl", "sh", 9, 0, 9, 5, 0]
    d = {"kind": [[1, 0, 1, 0, 0]], "process": [process], "address": [b"\x0a\0\0\1", b"\x0a\0\0\2"], "local": [1, [0, 0, 0, b""], [0, 0, 0, b""],
         [0, 0, -1, b""]], "remote": [1, [0, 0, 1, b""], [0, 0, 80, b""]], "other": []}
    c = {name: [0, 0, 0, b""] for name in ("kind", "back", "local", "remote")}
    c.update(ts=[0, 0, 1_000, b""], port=[0, 0, 40000, b"", 0, -1], flow=[0, 0, 1, b"", 0, -1])
    return record("events", n=n, openings=1, clock=[0, 0], d={**d, **dict(dictionaries)}, c={**c, **dict(columns)}, **more)


def golden_events(trace):
    """What `tcptracer show -o json` printed of a golden trace, without the lines about losses."""
    lines = map(json.loads, (trace.parent / "show.json").read_text().splitlines())
    return [line for line in lines if line["type"] == "normal"]


def golden_damage(trace):
    """Places where `tcptracer show` saw damage, with its word for it."""
    lines = (trace.parent / "show.txt").read_text().splitlines()
    return [(line.split()[1], int(line.split()[3].rstrip(":"))) for line in lines if line.startswith("# ") and " at " in line]
