"""python3 -m tcptracer_trace [--events | --names] FILE: one JSON object an event.

Without an option it has the columns of the file, with --names also namespace, pod and container, with --events what
`tcptracer show -o json` has. What cannot be read is said on stderr. Exit status: 0 done, 1 it cannot be read, 2 usage, 3 some of it was damaged."""
from __future__ import annotations

import json
import sys
from typing import Any, Optional

from . import Trace, TraceError

_MOST_SENTENCES = 10


def main(arguments: Optional[list[str]] = None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    options = {"--events", "--names"}.intersection(arguments)
    files = [a for a in arguments if a not in options]
    if len(files) != 1 or len(options) > 1 or files[0].startswith("-"):
        print("usage: tcptracer-trace [--events | --names] FILE", file=sys.stderr)
        return 2
    if sys.stdout is None:
        print("standard output is closed", file=sys.stderr)
        return 1
    try:
        with Trace(files[0]) as trace:
            _print(trace, options)
    except BrokenPipeError:
        raise
    except (TraceError, OSError, EOFError) as error:
        sys.stdout.flush()
        print(f"{files[0]}: {getattr(error, 'strerror', None) or error}", file=sys.stderr)
        return 1
    for problem in trace.problems[:_MOST_SENTENCES]:
        print(f"{files[0]}: {problem}", file=sys.stderr)
    if trace.problem_count > _MOST_SENTENCES:
        print(f"{files[0]}: and {trace.problem_count - _MOST_SENTENCES} more places", file=sys.stderr)
    if trace.unknown:
        print(f"{files[0]}: passed over what this reader does not know: {', '.join(sorted(trace.unknown))[:1000]}", file=sys.stderr)
    return 3 if any(problem.kind != "cut" for problem in trace.problems) else 0


def _print(trace: Trace, options: set[str]) -> None:
    write = json.JSONEncoder(default=lambda value: value.hex()).encode
    for event in trace if "--events" in options else trace.rows():
        if "--names" in options:
            event.update(zip(("namespace", "pod", "container"), trace.place_of(event)))
        print(write(event))
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:
        sys.exit(1)
