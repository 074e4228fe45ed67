"""What a build left behind: which packages it took, of which version, and what it was linked with."""
import json
import os
import pathlib
import platform
import re
import shlex
import subprocess
import sys
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parents[2]
KINDS = ("static", "shared", "image", "tool")
ARCHITECTURES = {"amd64": "x64", "arm64": "arm64"}


class Problem(Exception):
    """Something that whoever runs the release has to mend."""


def host():
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


class Build:
    """The build of one architecture, of release/executable if it ran, otherwise that of ./tcptracer; and the packages that it took."""

    def __init__(self, architecture):
        self.architecture = architecture
        self.machine = ARCHITECTURES[architecture]
        self.folder = ROOT / "artifacts/release/build" / architecture
        if not self.folder.exists() and architecture == host():
            self.folder = ROOT / "artifacts"
        self.objects = self.folder / "obj/TcpTracer.Cli"
        assets = self.objects / "project.assets.json"
        if not assets.exists():
            raise Problem(f"nothing was built for {architecture}: run release/executable {architecture}")
        self.assets = json.loads(assets.read_text())
        self.packages = self._debian()

    @property
    def native(self):
        """The folder of the linker's input."""
        for name in (f"release_linux-{self.machine}", "release"):
            if (self.objects / name / "native").exists():
                return self.objects / name / "native"
        raise Problem(f"nothing was compiled for {self.architecture}: run release/executable {self.architecture}")

    def link_line(self, kind):
        """The linker's arguments, as the build recorded them."""
        file = self.native / ("link-shared.rsp" if kind == "shared" else "link.rsp")
        if not file.exists():
            raise Problem(f"{file.relative_to(ROOT)} is missing: run release/executable {self.architecture}{' --shared-libelf' if kind == 'shared' else ''}")
        return shlex.split(file.read_text())

    def _debian(self):
        """Debian's packages of the sysroot by name: version, source, version of the source."""
        file = ROOT / "artifacts/sysroot" / self.architecture / "packages"
        lines = (line.split() for line in file.read_text().splitlines()) if file.exists() else ()
        return {line[0]: line[1:] for line in lines if line}

    def debian(self, package):
        """What a package of Debian is called: that of the sysroot, or else that of this machine."""
        if package not in self.packages:
            shown = subprocess.run(["dpkg-query", "-W", "-f", "${Version} ${source:Package} ${source:Version}", package], capture_output=True, text=True)
            if shown.returncode != 0 or self.architecture != host():
                raise Problem(f"Debian's package {package} is neither in artifacts/sysroot/{self.architecture}/packages nor on this machine")
            self.packages[package] = shown.stdout.split()
        return self.packages[package]

    def runtime(self):
        """The .NET runtime that is linked in: its package's name and version, and the folder where it lies."""
        wanted = f"Microsoft.NETCore.App.Runtime.NativeAOT.linux-{self.machine}"
        for framework in self.assets["project"]["frameworks"].values():
            for package in framework.get("downloadDependencies", []):
                if package["name"] == wanted:
                    version = package["version"].strip("[]").split(",")[0]
                    return wanted, version, self.nuget_folder(wanted, version)
        raise Problem(f"{wanted} is not among what NuGet restored: run release/executable {self.architecture}")

    def nuget(self):
        """NuGet's packages whose assemblies are compiled in: name, version and assemblies of each."""
        target = self.assets["targets"].get(f"net10.0/linux-{self.machine}") or next(iter(self.assets["targets"].values()))
        found = {}
        for key, package in target.items():
            name, version = key.split("/")
            assemblies = [pathlib.Path(file).stem for file in package.get("runtime", {}) if file.endswith(".dll")]
            if package["type"] == "package" and assemblies:
                found[name] = (version, assemblies)
        return found

    def nuget_folder(self, name, version):
        for folder in self.assets["packageFolders"]:
            path = pathlib.Path(folder) / name.lower() / version
            if path.exists():
                return path
        raise Problem(f"the package {name} {version} is not where NuGet restores to")

    def nuspec(self, name, version):
        """What a package says of itself."""
        file = self.nuget_folder(name, version) / f"{name.lower()}.nuspec"
        said = {}
        for element in xml.parse(file).getroot().iter():
            tag = element.tag.split("}")[-1]
            if tag == "license" and element.get("type") == "expression":
                said["licence"] = element.text
            elif tag in ("copyright", "projectUrl", "authors"):
                said[tag] = element.text
        return said

    def documents(self, package):
        """The folder of a package's documents."""
        for folder in (ROOT / "artifacts/sysroot" / self.architecture, pathlib.Path("/")):
            if (folder / "usr/share/doc" / package / "copyright").exists():
                return folder / "usr/share/doc" / package
        raise Problem(f"no copyright file of Debian's package {package}: neither in the sysroot nor on this machine")


def product_version():
    props = (ROOT / "Directory.Build.props").read_text()
    return re.search(r"<VersionPrefix>([^<]+)<", props).group(1)


def arguments(usage, kinds=KINDS):
    """KIND ARCHITECTURE [MORE...], which all of these commands take."""
    given = sys.argv[1:]
    if len(given) < 2 or given[0] not in kinds or given[1] not in ARCHITECTURES:
        print(usage, file=sys.stderr)
        sys.exit(2)
    return given[0], Build(given[1]), given[2:]


def run(command):
    """Runs a command of the release; what has to be mended is one sentence."""
    try:
        sys.exit(command())
    except Problem as problem:
        print(f"tcptracer: {problem}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        os._exit(1)
