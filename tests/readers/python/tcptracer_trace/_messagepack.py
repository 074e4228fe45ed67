"""MessagePack within the limits of the trace format. A general decoder allocates what a hostile record says; this one checks first."""
from __future__ import annotations

import struct
from typing import Any

from ._errors import Bad, need, within

_MOST_LEVELS, _MOST_PARTS, _MOST_TEXT = 8, 65536, 65536
_NUMBERS = {0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q", 0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q"}
_NUMBERS = {code: struct.Struct(form) for code, form in _NUMBERS.items()}


def unpack(data: bytes) -> dict[str, Any]:
    """The one map that a record is."""
    try:
        value, end = _value(data, 0, 0)
    except (IndexError, struct.error):
        raise Bad("a whole MessagePack map", "its beginning") from None
    except UnicodeDecodeError:
        raise Bad("text in UTF-8", "other bytes") from None
    need(isinstance(value, dict), "a MessagePack map", type(value).__name__)
    need(end == len(data), "the end of the record", f"{len(data) - end} bytes more")
    return value


def _value(data: bytes, at: int, level: int) -> tuple[Any, int]:
    code = data[at]
    at += 1
    if code < 0x80:
        return code, at
    if code >= 0xE0:
        return code - 256, at
    if code < 0x90:
        return _map(data, at, code & 15, level)
    if code < 0xA0:
        return _array(data, at, code & 15, level)
    if code < 0xC0:
        return _text(data, at, code & 31)
    if code in _NUMBERS:
        number = _NUMBERS[code]
        return number.unpack_from(data, at)[0], at + number.size
    if code in (0xC0, 0xC2, 0xC3):
        return (None, None, False, True)[code - 0xC0], at
    if 0xC4 <= code <= 0xC6:
        return _bytes(data, *_length(data, at, code - 0xC4))
    if 0xC7 <= code <= 0xC9:
        size, at = _length(data, at, code - 0xC7)
        return _bytes(data, size + 1, at)
    if 0xD4 <= code <= 0xD8:
        return _bytes(data, 1 + (1 << code - 0xD4), at)
    if 0xD9 <= code <= 0xDB:
        size, at = _length(data, at, code - 0xD9)
        return _text(data, at, size)
    if code in (0xDC, 0xDD):
        size, at = _length(data, at, code - 0xDC + 1)
        return _array(data, at, size, level)
    if code in (0xDE, 0xDF):
        size, at = _length(data, at, code - 0xDE + 1)
        return _map(data, at, size, level)
    raise Bad("MessagePack", f"the byte {code:02x}")


def _length(data: bytes, at: int, form: int) -> tuple[int, int]:
    size = 1 << form
    if at + size > len(data):
        raise IndexError
    return int.from_bytes(data[at:at + size], "big"), at + size


def _bytes(data: bytes, size: int, at: int) -> tuple[bytes, int]:
    if at + size > len(data):
        raise IndexError
    return data[at:at + size], at + size


def _text(data: bytes, at: int, size: int) -> tuple[str, int]:
    within(size, _MOST_TEXT, "bytes of text")
    if at + size > len(data):
        raise IndexError
    return data[at:at + size].decode(), at + size


def _array(data: bytes, at: int, size: int, level: int) -> tuple[Any, int]:
    within(level + 1, _MOST_LEVELS, "levels of arrays and maps")
    within(size, _MOST_PARTS, "elements of an array")
    values = []
    for _ in range(size):
        value, at = _value(data, at, level + 1)
        values.append(value)
    return tuple(values), at


def _map(data: bytes, at: int, size: int, level: int) -> tuple[dict[str, Any], int]:
    within(level + 1, _MOST_LEVELS, "levels of arrays and maps")
    within(size, _MOST_PARTS, "keys of a map")
    values: dict[str, Any] = {}
    for _ in range(size):
        key, at = _value(data, at, _MOST_LEVELS)
        need(isinstance(key, str), "a key that is text", type(key).__name__)
        need(key not in values, "each key once", "a key twice")
        values[key], at = _value(data, at, level + 1)
    return values, at
