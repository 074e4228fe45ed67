# Shared by ./tcptracer and ./test: what is needed, how it is installed, what is built. $root is the repository, as an absolute path.

executable=$root/artifacts/publish/TcpTracer.Cli/release/tcptracer
stamp=$root/artifacts/publish/.built

# command-or-file:package, Debian's names. clang compiles the probes and links the executable; llvm strips; the rest is linked into it.
build_packages=(clang:clang llvm-strip:llvm /usr/include/bpf/libbpf.h:libbpf-dev /usr/include/libelf.h:libelf-dev /usr/include/zlib.h:zlib1g-dev /usr/include/asm-generic/types.h:linux-libc-dev)
test_packages=(ip:iproute2 containerd:containerd runc:runc /usr/lib/cni/bridge:containernetworking-plugins /bin/busybox:busybox-static curl:curl lz4:lz4 /usr/bin/python3:python3 /usr/lib/python3/dist-packages/lz4:python3-lz4 /usr/lib/python3/dist-packages/msgpack:python3-msgpack node:nodejs npm:npm zsh:zsh fish:fish)

say() { printf 'tcptracer: %s\n' "$*" >&2; }

# The executable is as new as every source file; a folder is newer once a file in it is gone. One process: this is all that a start costs
up_to_date() {
    [ -x "$executable" ] && [ -e "$stamp" ] &&
        [ -z "$(find "$root"/Directory.*.props "$root"/{bpf,formats,recorder,replay,cli} -newer "$stamp" -print -quit)" ]
}

install_missing() {
    local need package missing=()
    for need in "$@"; do
        package=${need#*:}
        case ${need%%:*} in
            /*) [ -e "${need%%:*}" ] || missing+=("$package") ;;
            *) command -v "${need%%:*}" >/dev/null || missing+=("$package") ;;
        esac
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if ! command -v apt-get >/dev/null; then
        say "needed, but not installed, and this is not Debian or Ubuntu: ${missing[*]} (or what they are called here)"
        exit 1
    fi
    local sudo=
    if [ "$(id -u)" != 0 ]; then
        sudo="sudo -n"
        if ! $sudo true 2>/dev/null; then
            say "needed, but not installed: ${missing[*]}; have root run: apt-get install ${missing[*]}"
            exit 1
        fi
    fi
    require_writable
    say "installing ${missing[*]} with apt-get"
    local log=$root/artifacts/install.log
    { $sudo apt-get update -q && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 || {
        say "apt-get failed; its last words (all in artifacts/install.log):"
        tail -n 5 "$log" >&2
        exit 1
    }
}

require_writable() {
    mkdir -p "$root/artifacts/publish" 2>/dev/null && [ -w "$root/artifacts" ] && [ -w "$root/artifacts/publish" ] || {
        say "$root/artifacts cannot be written by $(id -un): build it as the clone's owner, or clone it anew"
        exit 1
    }
}

require_dotnet() {
    command -v dotnet >/dev/null || {
        say "the .NET 10 SDK is needed (package dotnet-sdk-10.0, see https://learn.microsoft.com/dotnet/core/install/linux)"
        exit 1
    }
}

# Once at a time: whoever comes second finds it built
build_executable() {
    require_writable
    (
        flock 9
        up_to_date || build_now
    ) 9>"$root/artifacts/.lock"
}

build_now() {
    say "building (once; about a minute)"
    # Stamped with the time before the build: what is changed meanwhile is built next time
    local log=$root/artifacts/build.log
    touch "$stamp.new"
    dotnet publish "$root/cli" -c Release >"$log" 2>&1 9>&- || {
        say "the build failed; its errors (all in artifacts/build.log):"
        grep -E 'error|warning' "$log" | sort -u | head -n 20 >&2
        exit 1
    }
    mv "$stamp.new" "$stamp"
}

# The JavaScript reader of traces, beside the packages that it needs
install_readers() {
    local from=$root/tests/readers to=$root/artifacts/readers
    mkdir -p "$to"
    cp "$from"/read-tct.mjs "$to"
    cmp -s "$from/package-lock.json" "$to/.installed" && return
    cp "$from"/package.json "$from"/package-lock.json "$from"/.npmrc "$to"
    (cd "$to" && npm ci --ignore-scripts --no-audit --no-fund) >"$root/artifacts/readers.log" 2>&1 || {
        say "npm failed; its last words (all in artifacts/readers.log):"
        tail -n 5 "$root/artifacts/readers.log" >&2
        exit 1
    }
    cp "$from/package-lock.json" "$to/.installed"
}
