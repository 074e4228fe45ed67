# Shared by ./tcptracer and ./test: what is needed, how it is installed, what is built. $root is the repository, as an absolute path.

executable=$root/artifacts/publish/TcpTracer.Cli/release/tcptracer
stamp=$root/artifacts/publish/.built

# command-or-file:package, Debian's names. clang compiles the probes and links the executable; llvm strips; the rest is linked into it.
build_packages=(clang:clang llvm-strip:llvm /usr/include/bpf/libbpf.h:libbpf-dev /usr/include/libelf.h:libelf-dev /usr/include/zlib.h:zlib1g-dev /usr/include/asm-generic/types.h:linux-libc-dev)
test_packages=(ip:iproute2 nft:nftables containerd:containerd runc:runc /usr/lib/cni/bridge:containernetworking-plugins /bin/busybox:busybox-static curl:curl lz4:lz4 /usr/bin/python3:python3 /usr/lib/python3/dist-packages/lz4:python3-lz4 /usr/lib/python3/dist-packages/setuptools:python3-setuptools /usr/lib/python3/dist-packages/wheel:python3-wheel /usr/lib/python3/dist-packages/pip:python3-pip node:nodejs npm:npm tshark:tshark chromium:chromium zsh:zsh fish:fish tmux:tmux mandoc:mandoc qemu-aarch64-static:qemu-user-static ld.lld:lld)

say() { printf 'tcptracer: %s\n' "$*" >&2; }

# step WHAT LOG COMMAND...: runs a command with its output in a log. A line says what is being done, and at the end how long it took
step() (
    what=$1 log=$2 from=$SECONDS status=0
    shift 2
    say "$what ..."
    : >"$log"
    watch_step "$log" 9>&- &
    watcher=$!
    trap 'kill "$watcher" 2>/dev/null || true' EXIT # also for Ctrl-C
    "$@" >"$log" 2>&1 9>&- || status=$?
    kill "$watcher"
    wait "$watcher" 2>/dev/null || true
    [ ! -t 2 ] || printf '\r\e[K' >&2
    [ "$status" != 0 ] || say "$what: done in $((SECONDS - from)) s"
    exit "$status"
)

# Beside a step: a line for each stage that its log has come to, and for each half minute without one; on a terminal one line, which counts the seconds
watch_step() {
    local log=$1 from=$SECONDS stage last= said=$SECONDS
    while sleep 1 </dev/null >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do
        stage=$(stage_of "$log")
        if [ -t 2 ]; then
            printf '\r\e[K  %s s%s' $((SECONDS - from)) "${stage:+: $stage}" >&2
        elif [ "$stage" != "$last" ]; then
            say "  after $((SECONDS - from)) s: $stage"
            said=$SECONDS
        elif [ $((SECONDS - said)) -ge 30 ]; then
            say "  after $((SECONDS - from)) s: still ${stage:-at it}"
            said=$SECONDS
        fi
        last=$stage
    done
}

# The last of these that a log of apt-get or dotnet shows
stage_of() {
    sed -nE 's/^Need to get ([0-9.,]+ .B).*/downloading \1/p; s/^(Get|Hit|Ign):.*(InRelease|Packages).*/fetching the package lists/p; s/^(Unpacking|Setting up|Processing triggers).*/unpacking and setting up/p
        s/.*Determining projects to restore.*/fetching packages from NuGet/p; s/.*(Restored |up-to-date for restore).*/compiling/p; s/.*Generating native code.*/generating native code, which takes longest/p' "$1" 2>/dev/null | tail -n 1
}

# The executable is as new as every source file; a folder is newer once a file in it is gone. One process: this is all that a start costs
up_to_date() {
    [ -x "$executable" ] && is_newer_than_sources "$stamp"
}

is_newer_than_sources() {
    [ -e "$1" ] && [ -z "$(find "$root"/{Directory.*.props,deploy/daemonset.yaml,bpf,formats,recorder,replay,cli} -newer "$1" -print -quit)" ]
}

# Instead of building: the executable of a release of the very commit that is checked out, as release/executable makes it, or a .tar.gz that was unpacked into
# artifacts/release. Fails if there is none
take_released() {
    local commit machine=x86-64 released version
    commit=$("$root/.build/commit")
    [[ $commit && $commit != *" "* ]] || return 1
    [ "$(uname -m)" != aarch64 ] || machine=arm64
    for released in "$root"/artifacts/release/*/{,bin/}tcptracer; do
        version=$([ -f "$released" ] && [ -x "$released" ] && timeout 5 "$released" --version 2>/dev/null) || continue
        [[ $version == *"commit: $commit"$'\n'*"architecture: $machine" ]] || continue
        require_writable
        # The stamp comes last: without it, what lies there is not taken for up to date
        (
            flock 9
            ! up_to_date || exit 0
            touch "$stamp.new" && install -D -m 755 "$released" "$executable.new" && mv "$executable.new" "$executable" && mv "$stamp.new" "$stamp" &&
                say "this commit is not built but taken as it was released: ${released#"$root"/}"
        ) 9>"$root/artifacts/.lock"
        return
    done
    return 1
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
    local log=$root/artifacts/install.log
    step "installing ${missing[*]} with apt-get" "$log" get_packages "${missing[@]}" || {
        say "apt-get failed; its last words (all in artifacts/install.log):"
        tail -n 5 "$log" >&2
        exit 1
    }
}

# Package lists are fetched only where those that are there will not do: none yet, or so old that the server has other packages now. What the build will
# ask NuGet for comes meanwhile: neither needs the other
get_packages() {
    local status=0 ahead
    { up_to_date || fetch_ahead; } &
    ahead=$!
    install_packages "$@" || { $sudo apt-get update -q && install_packages "$@"; } || status=$?
    wait "$ahead" || true
    return "$status"
}

install_packages() { $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"; }

# If this fails, the build says why
fetch_ahead() {
    command -v dotnet >/dev/null || return 0
    dotnet restore "$root/cli" --use-current-runtime >"$root/artifacts/restore.log" 2>&1 || true
}

require_writable() {
    mkdir -p "$root/artifacts/publish" 2>/dev/null && [ -w "$root/artifacts" ] && [ -w "$root/artifacts/publish" ] || {
        say "$root/artifacts cannot be written by $(id -un): build it as the clone's owner, or clone it anew"
        exit 1
    }
}

# The time of all that is packed is that of the commit
require_date() {
    [ -n "${SOURCE_DATE_EPOCH:-}" ] || SOURCE_DATE_EPOCH=$(git -C "$root" log -1 --format=%ct 2>/dev/null) || {
        say "this is no clone, whose last commit has a time: set SOURCE_DATE_EPOCH to the seconds since 1970"
        exit 1
    }
    export SOURCE_DATE_EPOCH
}

require_machine() {
    case $(uname -m) in
        x86_64 | aarch64) ;;
        *)
            say "it runs on x86-64 and arm64 (aarch64), and this machine is $(uname -m)"
            exit 1
            ;;
    esac
}

# Distributions that have the SDK among their own packages call it so. Debian has none
require_dotnet() {
    require_machine
    local sdk=dotnet-sdk-10.0
    if ! command -v dotnet >/dev/null && [ -n "$(apt-cache search --names-only "^$sdk\$" 2>/dev/null)" ]; then
        install_missing dotnet:$sdk
    fi
    [ -z "$(dotnet --list-sdks 2>/dev/null | sed -n '/^1[0-9]\./p')" ] || return 0
    say "the .NET 10 SDK is needed (package $sdk, see https://learn.microsoft.com/dotnet/core/install/linux)"
    exit 1
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
    # Stamped with the time before the build: what is changed meanwhile is built next time. Analysers would take two fifths of the time: ./test and
    # release/executable run them, for whoever changes the source
    local log=$root/artifacts/build.log
    touch "$stamp.new"
    step "building the executable (once; a minute or two)" "$log" dotnet publish "$root/cli" -c Release -p:RunAnalyzers=false || {
        say "the build failed; its errors (all in artifacts/build.log):"
        grep -E 'error|warning' "$log" | sort -u | head -n 20 >&2
        exit 1
    }
    mv "$stamp.new" "$stamp"
}
