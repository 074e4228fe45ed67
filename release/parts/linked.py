"""What is really in the things that were built: in an executable, in an image, in a .NET tool."""
import io
import json
import pathlib
import re
import subprocess
import tarfile
import tempfile
import zipfile

import build
from build import Problem

_RUNTIME = "microsoft.netcore.app.runtime.nativeaot"


def _run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", **more)
    if done.returncode != 0:
        raise Problem(f"{command[0]} failed: {done.stderr.strip()[-500:]}")
    return done.stdout


def relink(made, kind, output, *more):
    """Links the executable again, from the same files and with the same arguments, and gives what the linker says."""
    arguments = made.link_line(kind)
    arguments[arguments.index("-o") + 1] = str(output)
    return _run("clang", *arguments, *more, cwd=build.ROOT / "cli")


def linked_files(made, kind, executable):
    """The object files of others that the linker took, as whose/archive(member) or whose/object. The link is done again, and has to make the same executable."""
    with tempfile.TemporaryDirectory() as folder:
        again = pathlib.Path(folder) / "tcptracer"
        traced = relink(made, kind, again, *(["-Wl,--trace"] if any("lld" in a for a in made.link_line(kind)) else ["-Wl,--trace,--trace"]))
        if _build_id(again) != _build_id(executable):
            raise Problem(f"{executable} was not linked with what the build's last link line says: build it again")
    own = str(build.ROOT / "artifacts")
    taken = set()
    for line in traced.splitlines():
        # GNU's linker, asked twice, writes (archive)member; lld writes archive(member). An archive alone was only looked into
        old = re.fullmatch(r"\((.+)\)(.+)", line.strip())
        path = f"{old[1]}({old[2]})" if old else line.strip()
        file = path.split("(")[0]
        if re.search(r"\.so(\.[0-9.]+)?$|\.ld$", file) or not file or path.endswith(".a"):
            continue # shared libraries are asked of the executable itself; a script of the linker is no code
        name = pathlib.Path(file).name + path[len(file):]
        if _RUNTIME in file.lower():
            taken.add("dotnet/" + name)
        elif pathlib.Path(build.ROOT / "cli" / file).resolve().is_relative_to(own) and "/sysroot/" not in file:
            continue # ours
        else:
            taken.add("system/" + name)
    return taken


def _build_id(file):
    found = re.search(r"Build ID: ([0-9a-f]+)", _run("readelf", "-n", str(file)))
    if not found:
        raise Problem(f"{file} has no build ID")
    return found[1]


def needed(executable):
    """The shared libraries that the loader brings."""
    return set(re.findall(r"\(NEEDED\).*\[(.+)\]", _run("readelf", "-d", "-W", str(executable))))


def assemblies(made):
    """The assemblies of NuGet's packages that have something in the executable: a symbol of a method or a type begins with the assembly's name."""
    names = [name for _, of in made.nuget().values() for name in of]
    tokens = {re.sub(r"[^A-Za-z0-9]", "_", name): name for name in names}
    # The longest first: MessagePack_Annotations is not MessagePack
    pattern = re.compile("(?:^|[^A-Za-z])(" + "|".join(sorted(tokens, key=len, reverse=True)) + ")_", re.MULTILINE)
    symbols = _run("llvm-nm", "-j", str(made.native / "tcptracer.o"))
    return {tokens[found] for found in set(pattern.findall(symbols))}


def image_files(archive):
    """The files of all layers of an OCI layout in a tar file, for the architecture of each manifest."""
    with tarfile.open(archive) as tar:
        def blob(digest):
            return tar.extractfile("blobs/" + digest.replace(":", "/")).read()

        manifests = json.load(tar.extractfile("index.json"))["manifests"]
        while any("index" in m["mediaType"] for m in manifests):
            manifests = [inner for m in manifests for inner in (json.loads(blob(m["digest"]))["manifests"] if "index" in m["mediaType"] else [m])]
        for manifest in (json.loads(blob(m["digest"])) for m in manifests):
            architecture = json.loads(blob(manifest["config"]["digest"]))["architecture"]
            files = set()
            for layer in manifest["layers"]:
                with tarfile.open(fileobj=io.BytesIO(blob(layer["digest"]))) as unpacked:
                    files |= {member.name for member in unpacked if member.isfile() or member.issym()}
            yield architecture, files


def tool_files(package):
    """The assemblies of a .NET tool's package."""
    with zipfile.ZipFile(package) as packed:
        return {pathlib.Path(name).stem for name in packed.namelist() if name.endswith(".dll") and not name.endswith(".resources.dll")}


def disassembly(library, function):
    return _run("llvm-objdump", "-d", f"--disassemble-symbols={function}", str(library))


def strip_debug(file):
    _run("llvm-strip", "--strip-debug", "--enable-deterministic-archives", str(file))
