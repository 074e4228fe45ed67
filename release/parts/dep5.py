"""debian/copyright of the .deb, in the form that machines read (DEP-5)."""
import re
import textwrap

import listed

# What Debian calls the licences; those that it has in /usr/share/common-licenses are named, not repeated
_names = {
    "MIT": "Expat", "Zlib": "zlib", "BSD-2-Clause": "BSD-2-clause", "BSD-3-Clause": "BSD-3-clause", "Apache-2.0": "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception": "Apache-2.0 with LLVM exception",
    "GPL-3.0-or-later WITH GCC-exception-3.1": "GPL-3+ with GCC-Runtime-Library exception",
    "GPL-2.0-only WITH Linux-syscall-note": "GPL-2 with Linux-syscall-note exception",
    "LGPL-2.1-or-later": "LGPL-2.1+", "LGPL-3.0-or-later": "LGPL-3+",
}
_common = {"Apache-2.0": "Apache-2.0", "GPL-3.0-or-later": "GPL-3", "GPL-2.0-only": "GPL-2", "LGPL-2.1-or-later": "LGPL-2.1", "LGPL-3.0-or-later": "LGPL-3"}


def paragraph(text):
    """A text within a field: a line begins with a blank, and one without anything is a dot."""
    return "\n".join(" " + line if line.strip() else " ." for line in text.strip("\n").split("\n"))


def licence(expression):
    base, _, exception = expression.partition(" WITH ")
    if base in _common:
        text = f"On Debian systems the text of this licence is in /usr/share/common-licenses/{_common[base]}."
    else:
        text = listed.licence_text(base)
    if exception:
        text += "\n\nWith this exception:\n\n" + listed.licence_text(exception)
    return f"License: {_names[expression]}\n{paragraph(text)}\n"


def write(made, version):
    parts = [part for part in listed.resolve("shared", made) if part["how"] in listed.GIVEN_AWAY]
    holders = list(dict.fromkeys(re.sub(r"(?i)^copyright( \(c\)| ©)? ", "", line) for part in parts for line in part["copyright"]))
    used = list(dict.fromkeys(part["taken"] for part in parts))
    used.sort(key=lambda expression: (expression != "MIT", expression))
    held = "\n".join("           " + holder for holder in holders)
    names = ", ".join(" ".join(filter(None, [part["name"], part.get("version")])) + f" ({_names[part['taken']]})" for part in parts)
    said = textwrap.fill(f"The executable contains parts of others: {names}. /usr/share/doc/tcptracer/THIRD-PARTY-NOTICES.gz has the notices of each.",
                         98, break_on_hyphens=False, break_long_words=False)
    yield f"""Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: tcptracer
Upstream-Contact: The tcptracer authors
Comment: The programs for the kernel, which the executable contains, may also be used under the
 GNU General Public License, version 2, which is in /usr/share/common-licenses/GPL-2.

Files: *
Copyright: 2026 The tcptracer authors
License: Expat

Files: usr/bin/tcptracer
Copyright: 2026 The tcptracer authors
{held}
License: {" and ".join(_names[expression] for expression in used)}
Comment: This is version {version}.
{paragraph(said)}
"""
    for expression in used:
        yield "\n" + licence(expression)
