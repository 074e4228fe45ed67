"""Events as a pandas DataFrame. pandas is imported only where it is asked for."""
from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Iterable, Optional

from ._trace import Source, Trace

if TYPE_CHECKING:
    import pandas

_CATEGORIES = ("type", "node", "namespace", "pod", "container", "comm", "operation", "error", "reason", "attribution", "exe", "pcomm",
               "actor_comm", "listener_comm", "dst_pod", "container_id", "pod_uid", "image", "owner")
_ALWAYS_NUMBERS = ("ipversion", "sport", "dport", "pid", "tid", "uid", "gid", "netns", "ppid")
_NUMBERS = ("latency_ns", "duration_ns", "sent_bytes", "received_bytes", "retransmits", "srtt_us", "mntns", "cgroup", "close_ns", "fd",
            "actor_pid", "listener_pid", "cgroup_v1", "netns_cookie", "dst_cgroup", "dst_cgroup_v1")
_FLAGS = ("mptcp", "late", "no_syn", "uncounted", "unfinished")

COLUMNS = ("timestamp", "node", "namespace", "pod", "container", "pid", "comm", "ipversion", "saddr", "daddr", "sport", "dport",
           "operation", "tid", "uid", "gid", "conn", "error", "reason", "latency_ns", "duration_ns", "sent_bytes", "received_bytes", "retransmits",
           "srtt_us", "netns", "mntns", "cgroup", "attribution", "flow", "exe", "close_ns", "ppid", "pcomm", "fd", "actor_pid",
           "actor_comm", "listener_pid", "listener_comm", "cgroup_v1", "netns_cookie", "boottime_ns", "dst_pod", "dst_cgroup", "dst_cgroup_v1",
           "container_id", "pod_uid", "image", "owner", "labels", *_FLAGS, "argv")


def read(source: Source, fields: Optional[Iterable[str]] = None) -> "pandas.DataFrame":
    """A trace as a DataFrame: a row an event, a column a field. fields chooses columns; without it there are all, see COLUMNS.

    What could not be read is a warning. attrs["tcptracer"] of the frame has header, lost and problems.
    """
    with Trace(source) as trace:
        frame = to_pandas(trace, fields)
    if trace.problem_count:
        more = f" (and {trace.problem_count - 1} more)" if trace.problem_count > 1 else ""
        warnings.warn(f"{trace.problems[0]}{more}", stacklevel=2)
    return frame


def to_pandas(trace: Trace, fields: Optional[Iterable[str]] = None) -> "pandas.DataFrame":
    """The events of a trace from here on as a DataFrame, see read()."""
    try:
        import pandas
        pandas.DataFrame  # Debian's package may be there by half: removed, but not its compiled part
    except (ImportError, AttributeError):
        raise ImportError("a DataFrame needs pandas: install it with pip install pandas (Debian: python3-pandas)") from None
    names = tuple(COLUMNS if fields is None else fields)
    wrong = [name for name in names if name not in COLUMNS]
    if wrong:
        raise ValueError(f"there is no field {wrong[0]!r}: tcptracer_trace.COLUMNS has all")
    values: dict[str, list[Any]] = {name: [] for name in names}
    shared: dict[Any, Any] = {}
    for event in trace:
        for name, column in values.items():
            value = event.get(name)
            column.append(shared.setdefault(value, value) if isinstance(value, str) and len(shared) < 1 << 20 else value)
    frame = pandas.DataFrame({name: _series(pandas, name, column) for name, column in values.items()}, columns=list(names))
    frame.attrs["tcptracer"] = {"header": trace.header, "lost": dict(trace.lost), "problems": [str(p) for p in trace.problems]}
    return frame


def _series(pandas: Any, name: str, values: list[Any]) -> Any:
    if name == "timestamp":
        return pandas.Series(pandas.to_datetime(values, utc=True), dtype="datetime64[ns, UTC]")
    if name == "boottime_ns":
        return pandas.Series(values, dtype="int64")
    if name in _FLAGS:
        return pandas.Series([value is True for value in values], dtype="bool")
    if name in _ALWAYS_NUMBERS:
        return pandas.Series(values, dtype="int64" if all(value < 1 << 63 for value in values) else "uint64")
    if name in _NUMBERS:
        return pandas.Series(values, dtype="object").astype("UInt64")
    return pandas.Series(values, dtype="category" if name in _CATEGORIES else "object")
