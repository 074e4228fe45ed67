"""From a row of the file to an event with the names of `tcptracer show -o json`."""
from __future__ import annotations

import codecs
import datetime
import ipaddress
from functools import lru_cache
from typing import Any

from ._blocks import signed
from ._names import Place

_OPERATIONS = ("", "connect", "accept", "close", "unknown", "connect-failed", "existing", "progress", "unaccepted")
_REASONS = ("none", "close", "peer-close", "exit", "reset-sent", "reset-received", "timed-out", "killed", "aborted", "reset")
_ATTRIBUTIONS = ("none", "task", "stored", "listener", "cgroup", "netns")
_ENDS, _WITHOUT_LATENCY, _COUNTED = (3, 4), (3, 4, 6, 7, 8), (3, 4, 6, 7)
_UNTIMED, _MPTCP, _LATE, _NO_SYN, _UNCOUNTED, _UNFINISHED = 1, 2, 4, 8, 16, 32
_FLAGS = (("mptcp", _MPTCP), ("late", _LATE), ("no_syn", _NO_SYN), ("uncounted", _UNCOUNTED), ("unfinished", _UNFINISHED))
_EPOCH = datetime.datetime(1970, 1, 1)
_MAPPED = bytes(10) + b"\xff\xff"

# Linux numbers, which are the same on x86-64 and arm64; the module errno has those of the machine that reads
_ERRORS = dict(enumerate(
    "EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK EBUSY EEXIST EXDEV ENODEV ENOTDIR "
    "EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EDEADLK ENAMETOOLONG ENOLCK ENOSYS "
    "ENOTEMPTY ELOOP - ENOMSG EIDRM ECHRNG EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH ENOCSI EL2HLT EBADE EBADR EXFULL ENOANO EBADRQC EBADSLT "
    "- EBFONT ENOSTR ENODATA ETIME ENOSR ENONET ENOPKG EREMOTE ENOLINK EADV ESRMNT ECOMM EPROTO EMULTIHOP EDOTDOT EBADMSG EOVERFLOW "
    "ENOTUNIQ EBADFD EREMCHG ELIBACC ELIBBAD ELIBSCN ELIBMAX ELIBEXEC EILSEQ ERESTART ESTRPIPE EUSERS ENOTSOCK EDESTADDRREQ EMSGSIZE "
    "EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN "
    "ENETUNREACH ENETRESET ECONNABORTED ECONNRESET ENOBUFS EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT ECONNREFUSED EHOSTDOWN "
    "EHOSTUNREACH EALREADY EINPROGRESS ESTALE EUCLEAN ENOTNAM ENAVAIL EISNAM EREMOTEIO EDQUOT ENOMEDIUM EMEDIUMTYPE ECANCELED ENOKEY "
    "EKEYEXPIRED EKEYREVOKED EKEYREJECTED EOWNERDEAD ENOTRECOVERABLE ERFKILL".split(), 1))


def event_of(row: dict[str, Any], node: str, place: Place, far: Place) -> dict[str, Any]:
    """The event. A key that does not apply to it is left out."""
    operation, flags = row["operation"], row["flags"]
    is_end, is_timed = operation in _ENDS, not flags & _UNTIMED
    is_counted = operation in _COUNTED and not flags & _UNCOUNTED
    saddr, age = row["saddr"], max(0, signed(row["ts"] - row["start"]))
    event = {
        "type": "normal", "node": node, "namespace": place.namespace, "pod": place.pod, "container": place.container,
        "pid": row["pid"], "comm": text_of(row["comm"]), "ipversion": 4 if len(saddr) == 4 or saddr.startswith(_MAPPED) else 6,
        "saddr": address_of(saddr), "daddr": address_of(row["daddr"]), "sport": row["sport"], "dport": row["dport"],
        "operation": operation_of(operation), "timestamp": time_of(row["wall"]), "tid": row["tid"], "uid": row["uid"], "gid": row["gid"],
        "conn": f"{row['start'] % (1 << 64):x}.{row['cpu'] % (1 << 32):x}",
    }
    if row["error"]:
        event["error"] = error_of(row["error"])
    if row["reason"]:
        event["reason"] = _word(_REASONS, row["reason"])
    if is_timed and operation not in _WITHOUT_LATENCY:
        event["latency_ns"] = age
    if is_timed and is_end:
        event["duration_ns"] = age
    if is_counted:
        event["sent_bytes"], event["received_bytes"] = row["sent"], row["received"]
    if is_counted or (operation == 5 and not flags & (_NO_SYN | _UNCOUNTED)):
        event["retransmits"] = row["retransmits"]
    if row["srtt"] and (is_end or is_counted):
        event["srtt_us"] = row["srtt"]
    event["netns"] = row["netns"]
    for name in ("mntns", "cgroup"):
        if row[name]:
            event[name] = row[name]
    event["attribution"] = _word(_ATTRIBUTIONS, row["attribution"])
    if row["flow"]:
        event["flow"] = f"{row['flow']:016x}"
    if row["exe"]:
        event["exe"] = text_of(row["exe"])
    if row["closing"] > 0 and is_end:
        event["close_ns"] = row["closing"]
    _add_rest(event, row, place, far)
    return event


def _add_rest(event: dict[str, Any], row: dict[str, Any], place: Place, far: Place) -> None:
    """What `tcptracer show` prints only if --fields asks for it."""
    event["ppid"], event["pcomm"] = row["ppid"], text_of(row["pcomm"])
    if row["fd"] >= 0:
        event["fd"] = row["fd"]
    if row["other_pid"]:
        role = "actor" if row["operation"] in _ENDS else "listener" if row["operation"] in (2, 8) else None
        if role:
            event[f"{role}_pid"], event[f"{role}_comm"] = row["other_pid"], text_of(row["other_comm"])
    for name in ("cgroup_v1", "netns_cookie"):
        if row[name]:
            event[name] = row[name]
    event["boottime_ns"] = row["ts"]
    if far.is_named:
        event["dst_pod"] = f"{far.namespace}/{far.pod}"
    for name, column in (("dst_cgroup", "far_cgroup"), ("dst_cgroup_v1", "far_cgroup_v1")):
        if row[column]:
            event[name] = row[column]
    for name in ("container_id", "pod_uid", "image", "owner", "labels"):
        if getattr(place, name):
            event[name] = getattr(place, name)
    for name, flag in _FLAGS:
        if row["flags"] & flag:
            event[name] = True
    if row["args"]:
        event["argv"] = text_of(row["args"]).split("\0")


@lru_cache(65536)
def address_of(address: bytes) -> str:
    """The text of an address; of a v4-mapped one that of its IPv4 address."""
    if len(address) == 4 or address.startswith(_MAPPED):
        return ".".join(map(str, address[-4:]))
    return str(ipaddress.IPv6Address(address))


def time_of(wall: int) -> str:
    """A moment in RFC 3339, with nine digits."""
    seconds, nanoseconds = divmod(wall, 1_000_000_000)
    return f"{(_EPOCH + datetime.timedelta(seconds=seconds)).isoformat()}.{nanoseconds:09}Z"


def operation_of(number: int) -> str:
    return _OPERATIONS[number] if 0 < number < len(_OPERATIONS) else f"unknown({number})"


def error_of(number: int) -> str:
    name = _ERRORS.get(number, "-")
    return name if name != "-" else f"errno {number}"


def _word(words: tuple[str, ...], number: int) -> str:
    return words[number] if 0 <= number < len(words) else "unknown"


def text_of(text: Any) -> str:
    """A name that is not UTF-8 is bytes in the file: each byte that cannot be read becomes U+FFFD, as in the JSON of tcptracer."""
    return text if isinstance(text, str) else text.decode(errors="tcptracer_each_byte")


codecs.register_error("tcptracer_each_byte", lambda error: ("\ufffd" * (error.end - error.start), error.end))
