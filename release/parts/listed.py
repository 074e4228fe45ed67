"""The list of parts, and what the build adds to it: versions, copyright lines and names for scanners."""
import json
import pathlib
import re
import urllib.parse

import build
from build import Problem

LIST = pathlib.Path(__file__).resolve().parents[1] / "parts.json"
LICENCES = pathlib.Path(__file__).resolve().parents[1] / "licences"
COMMON = pathlib.Path("/usr/share/common-licenses")
GIVEN_AWAY = ("linked", "carried")

# SPDX's name -> the file of Debian's common licences; all others are in release/licences
_common = {
    "Apache-2.0": "Apache-2.0", "MPL-2.0": "MPL-2.0", "GPL-2.0-only": "GPL-2", "GPL-2.0-or-later": "GPL-2", "GPL-3.0-or-later": "GPL-3",
    "LGPL-2.1-or-later": "LGPL-2.1", "LGPL-2.1-only": "LGPL-2.1", "LGPL-3.0-or-later": "LGPL-3",
}


def parts():
    return json.loads(LIST.read_text())["parts"]


def way(part, kind):
    """How a part gets into what is released; None if it does not."""
    return part["in"].get(kind) or (part["in"].get("static") if kind == "image" else None)


def in_kind(kind, architecture):
    """The parts of one artefact, as the list has them, each with its way."""
    for part in parts():
        if architecture in part.get("architectures", build.ARCHITECTURES):
            how = way(part, kind)
            if how:
                yield {**part, "how": how}


def text_names(expression):
    """The texts that a licence consists of. LGPL-3 adds to GPL-3, so that both are needed."""
    names = [name for name in re.split(r"\s+(?:AND|OR|WITH)\s+|[()]", expression) if name]
    return names + ["GPL-3.0-or-later"] if "LGPL-3.0-or-later" in names else names


def licence_text(name):
    file = COMMON / _common[name] if name in _common else LICENCES / f"{name}.txt"
    if not file.exists():
        raise Problem(f"no text of the licence {name}: {file} is missing")
    return file.read_text().strip("\n") + "\n"


def resolve(kind, made):
    """The parts of one artefact with versions, copyright lines, and what Debian's scanners and NuGet's call them."""
    resolved = {}
    for part in in_kind(kind, made.architecture):
        part.setdefault("taken", part["licence"])
        origin, _, of = part["from"].partition(" ")
        {"runtime": _runtime, "debian": _debian, "nuget": _nuget, "within": _within}[origin](part, made, of, resolved)
        if not part.get("copyright"):
            raise Problem(f"{part['name']}: its package names no copyright holder; write down in release/parts.json what its licence says")
        resolved[part["name"]] = part
    return list(resolved.values())


def _runtime(part, made, _, __):
    name, part["version"], _ = made.runtime()
    part["purl"] = f"pkg:nuget/{name}@{part['version']}"


def _debian(part, made, package, _):
    if part["how"] not in GIVEN_AWAY:
        return # the version is that of whoever runs it
    version, source, source_version = made.debian(package)
    # Debian's version without its own parts: what the project itself calls it
    part["version"] = re.sub(r"^\d+:|[-+]?\.?dfsg.*$|-[^-]*$", "", version)
    part["source"] = f"{source} {source_version}"
    quoted = urllib.parse.quote(version, safe="")
    part["purl"] = f"pkg:deb/debian/{package}@{quoted}?arch={made.architecture}&upstream={source}&distro=bookworm"

def _nuget(part, made, _, __):
    name = part["name"]
    if name not in made.nuget():
        raise Problem(f"{name} is in release/parts.json, but the build took no such package from NuGet")
    part["version"] = made.nuget()[name][0]
    said = made.nuspec(name, part["version"])
    if said.get("licence", part["licence"]) != part["licence"]:
        raise Problem(f"{name} {part['version']} says that its licence is {said['licence']}, release/parts.json says {part['licence']}")
    if "licence" not in said and part.get("verified") != part["version"]:
        raise Problem(f"{name} {part['version']} does not name its licence: look it up, and write the version down as verified in release/parts.json")
    part.setdefault("copyright", [said["copyright"]] if said.get("copyright") else [])
    part.setdefault("home", said.get("projectUrl"))
    part["purl"] = f"pkg:nuget/{name}@{part['version']}"


def _within(part, _, outer, resolved):
    if outer not in resolved:
        raise Problem(f"{part['name']} is said to be within {outer}, which is not there")
    part["within"] = outer
    if "version" in part:
        part["purl"] = f"pkg:generic/{part['name'].lower()}@{part['version']}"
