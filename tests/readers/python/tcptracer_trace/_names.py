"""Which pod and container a process is in, by what the metadata of a trace said so far."""
from __future__ import annotations

import re
from typing import Any, NamedTuple, Optional

from ._errors import Bad, need, within

_LABELS, _PARTS, _BYTES, _LIST = 256 << 10, 196608, 20 << 20, 65536
_LISTS = {"pods": (7, 1), "containers": (4, 1), "cgroups": (3, 2), "services": (4, 1), "nodes": (2, 1)}
_CLAIMS = {"pods": 6, "services": 3, "nodes": 1}
_FORGOTTEN = {1: "pods", 2: "containers", 3: "cgroups", 4: "services", 5: "nodes"}
_CONTAINER_ID, _SHORT_ID = re.compile("[0-9a-f]{64}"), 12


class Place(NamedTuple):
    """Where a process runs. "<>": not in a pod, or not in a container; "?": not known."""

    namespace: str = "<>"
    pod: str = "<>"
    container: str = "<>"
    container_id: str = ""
    pod_uid: str = ""
    image: str = ""
    owner: str = ""
    labels: dict[str, str] = {}
    is_named: bool = False


_UNKNOWN = Place("?", "?", "?")


class Budget:
    """What the metadata of all sources may have, from one checkpoint to the next."""

    def __init__(self) -> None:
        self.parts = self.bytes = 0


class Names:
    """What the metadata of one source said so far."""

    def __init__(self, budget: Budget) -> None:
        self.known: dict[str, dict[Any, tuple[Any, ...]]] = {name: {} for name in _LISTS}
        self.informed, self._budget, self._places = False, budget, {}

    def take(self, record: dict[str, Any], size: int, length: int) -> None:
        """Takes a record of metadata, which is checked as a whole before anything of it counts."""
        lists = {name: record.get(name, ()) for name in (*_LISTS, "forgotten")}
        for name, entries in lists.items():
            need(isinstance(entries, tuple), f"a list of {name}", type(entries).__name__)
            within(len(entries), _LIST, name)
            for entry in entries:
                _check(name, entry)
        labels = [pod[5] for pod in lists["pods"]]
        claims = sum(len(entry[at]) for name, at in _CLAIMS.items() for entry in lists[name])
        parts = sum(map(len, lists.values())) + claims
        within(parts + sum(map(len, labels)) // 2, 64 + 2 * size, "entries of metadata in such a frame")
        for of_pod in labels:
            within(sum(len(k.encode()) + len(v.encode()) for k, v in of_pod.items()), _LABELS, "bytes of labels")
        budget = self._budget
        if record.get("checkpoint"):
            budget.parts = budget.bytes = 0
        within(budget.parts + parts + claims + sum(map(len, labels)), _PARTS, "entries of metadata from one checkpoint to the next")
        within(budget.bytes + length, _BYTES, "bytes of metadata from one checkpoint to the next")
        budget.parts += parts + claims + sum(map(len, labels))
        budget.bytes += length
        if record.get("checkpoint"):
            self.known = {name: {} for name in _LISTS}
        self.informed, self._places = True, {}
        for kind, key in lists["forgotten"]:
            kind = _FORGOTTEN.get(kind, "")
            if kind == "cgroups":
                key = tuple(int(part) if part.isdigit() else part for part in key.split(":"))
            self.known.get(kind, {}).pop(key, None)
        for name, (_, keys) in _LISTS.items():
            for entry in lists[name]:
                self.known[name][entry[0] if keys == 1 else tuple(entry[:2])] = entry

    def of(self, cgroup: int, cgroup_v1: int) -> Place:
        """Where a process in two cgroups runs."""
        if not self.informed:
            return _HOST
        key = cgroup, cgroup_v1
        if key not in self._places:
            if len(self._places) >= 4096:
                self._places.clear()
            self._places[key] = self._find(cgroup, cgroup_v1)
        return self._places[key]

    def _find(self, cgroup: int, cgroup_v1: int) -> Place:
        unified, memory = self._path((0, cgroup)), self._path((1, cgroup_v1))
        ids = ids_of(memory)
        if ids == ("", ""):
            ids = ids_of(memory if unified is None else unified)
        if ids is None:
            return _UNKNOWN
        uid, container = ids
        if not uid and not container:
            return _UNKNOWN if unified is None and memory is None and (cgroup or cgroup_v1) else _HOST
        _, owner, name, image = self.known["containers"].get(container, (container, uid, "", ""))[:4]
        uid, name = owner, name or container[:_SHORT_ID] or "<>"
        if not uid:
            return Place("<>", "<>", name, container, "", image)
        pod = self.known["pods"].get(uid)
        if pod is None:
            return Place("?", uid, name, container, uid, image)
        return Place(pod[1], pod[2], name, container, uid, image, pod[4], pod[5], True)

    def _path(self, key: tuple[int, int]) -> Optional[str]:
        return self.known["cgroups"].get(key, (0, 0, None))[2]


_HOST = Place()


def ids_of(path: Optional[str]) -> Optional[tuple[str, str]]:
    """Pod uid and container id of the path of a cgroup; None: its outermost names are missing."""
    if (path or "").startswith("..."):
        return None
    parts = [p for p in (path or "").split("/") if p]
    root = next((i for i, p in enumerate(parts) if "kubepods" in p), 0)
    is_users = parts[:1] == ["user.slice"] and not any(_is_id(_unwrap(p)) for p in parts[:root])
    for i in range(0 if is_users else len(parts)):
        first, *rest = parts[i].split(":")
        in_slice = re.fullmatch(r"(?=.*kubepods).*-pod(.*)\.slice", first)
        plain = re.fullmatch(r"pod(.+)", first) if any("kubepods" in p for p in parts[:i]) else None
        if in_slice:
            return in_slice[1].replace("_", "-"), _unwrap(rest[-1] if rest else "".join(parts[i + 1:i + 2]))
        if plain and not (first.endswith(".slice") and "kubepods" in first):
            return plain[1], _unwrap(rest[-1] if rest else "".join(parts[i + 1:i + 2]))
    ids = (_unwrap(p.split(":")[-1]) for p in reversed(parts))
    return "", next((i for i in ids if _is_id(i)), "")


def _is_id(name: str) -> bool:
    return _CONTAINER_ID.fullmatch(name) is not None


def _unwrap(part: str) -> str:
    part = part[:-len(".scope")] if part.endswith(".scope") else part
    return "" if re.match("(crio|libpod)-conmon-", part) else re.sub("^(cri-containerd|crio|docker|libpod|nerdctl)-", "", part)


_TEXT, _NUMBER, _MAP, _MANY = str, int, dict, tuple
_TYPES = {
    "pods": (_TEXT, _TEXT, _TEXT, _TEXT, _TEXT, _MAP, _MANY), "containers": (_TEXT,) * 4, "cgroups": (_NUMBER, _NUMBER, _TEXT),
    "services": (_TEXT, _TEXT, _TEXT, _MANY), "nodes": (_TEXT, _MANY), "forgotten": (_NUMBER, _TEXT),
}


def _check(name: str, entry: Any) -> None:
    types = _TYPES[name]
    if not isinstance(entry, tuple) or len(entry) < len(types) or not all(map(isinstance, entry, types)):
        raise Bad(f"an entry of {name}", "other parts")
    if name == "pods":
        need(all(isinstance(v, str) for v in entry[5].values()), "labels that are text", "others")
    if name in _CLAIMS:
        for claim in entry[_CLAIMS[name]]:
            need(isinstance(claim, tuple) and len(claim) >= 3 and isinstance(claim[0], bytes) and isinstance(claim[1], int)
                 and isinstance(claim[2], (int, type(None))), "a claim of an address", "other parts")
