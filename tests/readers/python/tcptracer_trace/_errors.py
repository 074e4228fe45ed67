"""What can be wrong with a trace."""
from __future__ import annotations

import re
from dataclasses import dataclass


class TraceError(ValueError):
    """This cannot be read at all: it is no trace, or it needs a newer reader. The message is one sentence."""


class Bad(Exception):
    """A frame or a record that is not good: what was expected, and what is there."""

    def __init__(self, expected: str, found: str, kind: str = "damage"):
        super().__init__(f"expected {expected}, found {found}")
        self.expected, self.found, self.kind = expected, found, kind


@dataclass(frozen=True)
class Problem:
    """Something that was not read, and where.

    kind: "damage", "limit" (beyond the limits of the specification), "gap" (blocks are missing), "order" (blocks were moved) or "cut"
    (the trace ends within a frame, as after a crash: everything before is good).
    """

    offset: int
    kind: str
    expected: str
    found: str

    def __str__(self) -> str:
        if self.kind == "cut":
            return f"the trace is cut off at offset {self.offset} ({self.expected} expected, {self.found} there); everything before is good"
        if self.kind == "limit":
            return f"at offset {self.offset} this reader refuses what is beyond the limits of the specification: {self.expected}, found {self.found}"
        where = {"gap": "before offset {} a block is missing", "order": "at offset {} a block is out of order"}.get(self.kind, "damaged at offset {}")
        return f"{where.format(self.offset)}: expected {self.expected}, found {self.found}"


def need(good: object, expected: str, found: object, kind: str = "damage") -> None:
    if not good:
        raise Bad(expected, str(found), kind)


def within(value: int, most: int, what: str) -> None:
    """Checks a limit of the specification."""
    if value > most:
        raise Bad(f"at most {most} {what}", str(value), "limit")


def plain(text: str) -> str:
    """A text of a stranger, without what a terminal would obey."""
    return re.sub("[^ -~]", "?", text)
