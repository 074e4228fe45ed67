"""THIRD-PARTY-NOTICES: what a part's licence wants said, for all parts of one artefact."""
import hashlib
import textwrap

import listed

_ways = {
    "linked": "in the executable",
    "carried": "beside the executable",
}

_static_libelf = """\
The executable contains libelf, which is covered by the GNU Lesser General Public License, version 3 or later. Whoever has the executable may change
libelf and link the executable anew: release file tcptracer-{version}-relink-{architecture}.tar.xz has all other object files, the command that
links them, and the source of libelf as it was used: Debian's source package {source}. You may study how the executable works in order to find out
whether a changed libelf works with it. Both licences are below. The packages .deb and .rpm contain no libelf: there it is the system's."""


def wrap(text, indent="  "):
    return textwrap.fill(" ".join(text.split()), 100, initial_indent=indent, subsequent_indent=indent)


def heading(text):
    return f"{'=' * 100}\n{text}\n{'=' * 100}\n"


def entry(part):
    """A part in the list at the beginning."""
    lines = [f"{part['name']} {part.get('version', '')}".rstrip()]
    if "within" in part:
        lines[0] += f" (within {part['within']})"
    lines += ["  " + line for line in part["copyright"]]
    licence = part["taken"]
    if licence != part["licence"]:
        licence += f" (chosen from {part['licence']})"
    lines.append("  Licence: " + licence)
    if part.get("home"):
        lines.append("  " + part["home"])
    if "source" in part:
        lines.append("  Source: Debian's source package " + part["source"])
    if "note" in part:
        lines.append(wrap(part["note"][0].upper() + part["note"][1:] + "."))
    return "\n".join(lines) + "\n"


def own_notices(parts, made):
    """What packages of NuGet bring of notices on what is within themselves, each text once."""
    seen = set()
    for part in parts:
        if part["from"] == "runtime" and part["how"] in listed.GIVEN_AWAY:
            folder = made.runtime()[2]
        elif part["from"] == "nuget":
            folder = made.nuget_folder(part["name"], part["version"])
        else:
            continue
        for file in sorted(f for f in folder.rglob("*") if f.suffix.lower() == ".txt" and "THIRD" in f.name.upper() and "NOTICES" in f.name.upper()):
            text = file.read_text(encoding="utf-8-sig").replace("\r\n", "\n").strip() + "\n"
            digest = hashlib.sha256(text.encode()).digest()
            if digest not in seen:
                seen.add(digest)
                yield f"Notices of {part['name']} {part['version']}", text


def carried_documents(parts, made):
    """Debian's copyright files of what is carried as a file."""
    for part in parts:
        if part["how"] == "carried" and part["from"].startswith("debian "):
            package = part["from"].split()[1]
            text = (made.documents(package) / "copyright").read_text(encoding="utf-8", errors="replace").strip() + "\n"
            yield f"Debian's copyright file of {part['name']} ({package})", text


def write(kind, made, version):
    """The whole text."""
    parts = [part for part in listed.resolve(kind, made) if part["how"] in listed.GIVEN_AWAY]
    yield heading(f"tcptracer {version}: parts of others, and their licences")
    yield "\ntcptracer itself has the licence that is in the file LICENSE. It contains works of others. This is the list of them, and below are the licences.\n\n"
    for part in parts:
        if part["name"] == "libelf" and part["how"] == "linked":
            yield _static_libelf.format(version=version, architecture=made.architecture, source=part["source"]) + "\n\n"
    for way, where in _ways.items():
        there = [part for part in parts if part["how"] == way]
        if there:
            yield heading(f"Parts {where}") + "\n" + "\n".join(entry(part) for part in there) + "\n"
    names = sorted({name for part in parts for name in listed.text_names(part["taken"])}, key=str.lower)
    texts = {}
    for name in names:
        texts.setdefault(listed.licence_text(name), []).append(name)
    for text, of in texts.items():
        yield heading("Licence " + ", ".join(of)) + "\n" + text + "\n"
    for title, text in [*carried_documents(parts, made), *own_notices(parts, made)]:
        yield heading(title) + "\n" + text + "\n"
