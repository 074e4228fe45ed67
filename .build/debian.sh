# Packages of Debian, from the machine's own mirror, beside the machine's packages: nothing is installed. $apt is a folder for it; the machine's settings
# for proxies, keys and credentials stay.

# private_apt TOOL ARGUMENT...: apt with a source, lists and cache of its own
private_apt() {
    local tool=$1
    shift
    "$tool" -qq -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=- -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt/cache" \
        -o APT::Architecture="$(cat "$apt/architecture")" -o APT::Architectures::="$(cat "$apt/architecture")" -o Dir::State::status=/dev/null \
        -o Acquire::IndexTargets::deb::Translations::DefaultEnabled=false -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
        -o APT::Sandbox::User=root "$@"
}

# private_sources ARCHITECTURE SUITE...: what private_apt sees from here on. Fails where a suite is not served
private_sources() {
    local suite mirror
    rm -rf "$apt"
    mkdir -p "$apt"/{root,lists,cache/archives}/partial
    echo "$1" >"$apt/architecture"
    for suite in "${@:2}"; do
        mirror=$(mirror_of "$suite") || return
        echo "deb [arch=$1 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >>"$apt/sources.list"
    done
    private_apt apt-get update >"$apt/log" 2>&1
}

# The machine's own Debian mirror, or its security mirror, whichever a suite is in
mirror_of() {
    local directory=debian
    case $1 in *-security) directory=debian-security ;; esac
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m 1 "/$directory/*\$"
}

# served PACKAGE: whether one of the suites has it
served() { [ -n "$(private_apt apt-cache search --names-only "^${1//+/\\+}\$")" ]; }

# contents PACKAGE PATTERN: downloads it, and unpacks what matches into $apt/root
contents() {
    (cd "$apt" && private_apt apt-get download "$1") &&
        dpkg-deb --fsys-tarfile "$apt/$1"_*.deb | tar -x -C "$apt/root" --wildcards "${@:2}"
}
