"""The list against what was built. Each comparison gives what it looked at, and what is wrong."""
import pathlib
import re

import build
import linked
import listed
from build import Problem

# Ours, or made anew for each image and no work of anybody
_OWN_FILES = re.compile(r"usr/bin/(kubectl-)?tcptracer$|(usr/share/doc/tcptracer|licenses?)/|THIRD-PARTY-NOTICES$|LICENSE$|tcptracer\.cdx\.json$")


def compare(kind, made, file):
    parts = list(listed.in_kind(kind, made.architecture))
    if kind == "image":
        return [_image(parts, made, file)]
    if kind == "tool":
        return [_tool(parts, file)]
    executable = pathlib.Path(file) if file else _executable(kind, made)
    return [
        _objects(parts, linked.linked_files(made, kind, executable)),
        _assemblies(parts, linked.assemblies(made)),
        _needed(parts, linked.needed(executable)),
        *_versions(parts, made),
    ]


def _executable(kind, made):
    built = build.ROOT / "artifacts/release" / made.architecture / ("shared/tcptracer" if kind == "shared" else "tcptracer")
    own = build.ROOT / "artifacts/publish/TcpTracer.Cli/release/tcptracer"
    return built if built.exists() or made.folder != build.ROOT / "artifacts" else own


def _objects(parts, taken):
    """Each file that was linked belongs to a part; each file of a part that is linked was taken."""
    expected = {file: part["name"] for part in parts if part["how"] == "linked" for file in part.get("files", [])}
    archives = {re.sub(r"\(.*", "", file) for file in taken}
    wrong = [f"{file} is linked in, but no part in release/parts.json has it" for file in sorted(archives) if file not in expected]
    wrong += [
        f"{name} is in release/parts.json as linked, but {file} is not linked in" for file, name in expected.items()
        if (file not in taken if "(" in file else file not in archives)
    ]
    return f"{len(taken)} object files", wrong


def _assemblies(parts, found, where="compiled in"):
    expected = {part.get("assembly", part["name"]): part["name"] for part in parts if part["from"] == "nuget" and part["how"] in listed.GIVEN_AWAY}
    wrong = [f"{name} is {where}, but not in release/parts.json" for name in sorted(found - expected.keys())]
    wrong += [f"{expected[name]} is in release/parts.json, but nothing of it is {where}" for name in sorted(expected.keys() - found)]
    return f"{len(found)} assemblies", wrong


def _needed(parts, found):
    expected = {library: part["name"] for part in parts if part["how"] == "needed" for library in part.get("libraries", [])}
    wrong = [f"{library} is needed, but no part in release/parts.json is that as needed" for library in sorted(found - expected.keys())]
    wrong += [
        f"{part['name']} is in release/parts.json as needed, but none of its libraries is" for part in parts
        if part["how"] == "needed" and part.get("libraries") and found.isdisjoint(part["libraries"])
    ]
    return f"{len(found)} shared libraries", wrong


def _versions(parts, made):
    """A version in the list, which nobody tells at build time, is what the library's own function gives."""
    for part in parts:
        if part["name"] == "Brotli" and made.architecture == "amd64":
            library = next(made.runtime()[2].rglob("libbrotlidec.a"))
            code = linked.disassembly(library, "BrotliDecoderVersion")
            found = re.search(r"\$(\d+), %eax", code)
            if not found:
                raise Problem("BrotliDecoderVersion is not what it was: see how it gives its version now")
            number = int(found[1])
            version = f"{number >> 24}.{number >> 12 & 0xfff}.{number & 0xfff}"
            yield "1 version", [] if version == part["version"] else [f"Brotli is {version}, release/parts.json says {part['version']}"]


def _image(parts, made, file):
    if file is None:
        raise Problem("which image? Give its file")
    for architecture, files in linked.image_files(file):
        if architecture == made.architecture:
            break
    else:
        raise Problem(f"{file} has nothing for {made.architecture}")
    carried = [part for part in parts if part["how"] == "carried"]
    expected = {library: part["name"] for part in carried for library in part["libraries"]}
    names = {pathlib.PurePath(name).name for name in files if not _OWN_FILES.search(name)}
    wrong = [f"{name} is in the image, but no part in release/parts.json has it" for name in sorted(names - expected.keys())]
    wrong += [f"{part['name']} is in release/parts.json as carried by the image, but is not in it" for part in carried if names.isdisjoint(part["libraries"])]
    return f"{len(names)} files", wrong


def _tool(parts, file):
    if file is None:
        raise Problem("which package? Give its file")
    found = {name for name in linked.tool_files(file) if name != "tcptracer" and not name.startswith("TcpTracer.")}
    return _assemblies(parts, found, "in the package")
