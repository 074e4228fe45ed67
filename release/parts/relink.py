#!/usr/bin/env python3
"""For release/relink: copies the linker's input into a folder, and writes the command that links it, with names that are right on any machine.
  relink.py ARCHITECTURE FOLDER      prints Debian's source package of libelf, and its version
"""
import pathlib
import shlex
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import build
import linked
from build import Problem

_SCRIPT = """\
#!/bin/sh
# Links tcptracer {version} ({architecture}) with the libelf that you give it:
#   ./relink libelf.a tcptracer
# On a machine of this architecture a C compiler is enough (CC, default cc). On another, give CC one that compiles for it.
set -e
libelf=$(readlink -f "${{1:?which libelf.a?}}")
executable=$(readlink -m "${{2:?where to?}}")
cd "$(dirname "$0")"
${{CC:-cc}} -o "$executable" \\
{arguments}
"""

_README = """\
tcptracer {version} for {architecture}, to be linked anew
{line}

The executable of this version contains libelf {libelf}, which has the GNU Lesser General Public License, version 3 or later. You may change libelf and
link the executable with yours. In this archive are all other object files (objects), the command that links them (relink), and the source of libelf as
it was used (source): Debian's source package {source}. LGPL-3.txt and GPL-3.txt are its licence; LICENSE and THIRD-PARTY-NOTICES are about all else.

    apt-get install gcc make dpkg-dev zlib1g-dev
    dpkg-source -x source/elfutils_*.dsc elfutils
    cd elfutils && ./configure --disable-debuginfod --disable-libdebuginfod && make -C lib && make -C libelf libelf.a && cd ..
    ./relink elfutils/libelf/libelf.a tcptracer
    ./tcptracer --version

./relink objects/libelf.a tcptracer links it as it was. You may study how it works, also by taking it apart, to find out what your changes do.
"""


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in build.ARCHITECTURES:
        print(__doc__, file=sys.stderr)
        return 2
    made = build.Build(sys.argv[1])
    version = build.product_version()
    folder = pathlib.Path(sys.argv[2]) / f"tcptracer-{version}-relink-{made.architecture}"
    objects = folder / "objects"
    objects.mkdir(parents=True)
    shown = " \\\n".join("    " + argument for argument in arguments(made, objects))
    script = folder / "relink"
    script.write_text(_SCRIPT.format(version=version, architecture=made.architecture, arguments=shown))
    script.chmod(0o755)
    source, source_version = made.debian("libelf-dev")[1:]
    title = _README.format(version=version, architecture=made.architecture, libelf=made.debian("libelf-dev")[0], source=f"{source} {source_version}",
                           line="=" * len(f"tcptracer {version} for {made.architecture}, to be linked anew"))
    (folder / "README").write_text(title)
    for text in ("LGPL-3", "GPL-3"):
        shutil.copy(f"/usr/share/common-licenses/{text}", folder / f"{text}.txt")
    shutil.copy(build.ROOT / "LICENSE", folder)
    notices = subprocess.run([build.ROOT / "release/notices", "static", made.architecture], capture_output=True)
    if notices.returncode != 0:
        raise Problem(notices.stderr.decode().strip().removeprefix("tcptracer: "))
    (folder / "THIRD-PARTY-NOTICES").write_bytes(notices.stdout)
    print(source, source_version)
    return 0


def arguments(made, objects):
    """The arguments of the link, with its files copied beside them. Which compiler, and where it finds libc, is up to whoever links."""
    given = made.link_line("static")
    skip = False
    for argument in given:
        if skip:
            skip = False
        elif argument == "-o":
            skip = True
        elif argument.startswith(("--sysroot", "--target", "-fuse-ld", "-gz", "-Wl,-T", "-Wl,--strip-debug", "-Wl,-soname")):
            pass # a section that only lld would drop is kept by GNU's linker as it is
        elif argument == "-Wl,-no-pie":
            yield "-no-pie" # GCC has to know it, too
        elif argument.startswith("-Wl,--version-script="):
            exports = copy(argument.split("=", 1)[1], objects)
            yield f"-Wl,--version-script=objects/{exports.name}"
        elif argument.startswith("-"):
            yield shlex.quote(argument)
        else:
            copied = copy(argument, objects)
            yield '"$libelf"' if copied.name == "libelf.a" else f"objects/{copied.name}"
    yield "-s"


def copy(file, objects):
    """A file of the link, without what only a debugger reads."""
    source = build.ROOT / "cli" / file
    target = objects / source.name
    if target.exists(): # .NET's zlib has the name of Debian's
        target = objects / ("dotnet-" + source.name)
    shutil.copyfile(source, target)
    if target.suffix in (".o", ".a"):
        linked.strip_debug(target)
    return target


if __name__ == "__main__":
    build.run(main)
