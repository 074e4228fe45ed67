# Packages of Debian, from the machine's own mirror, beside the machine's packages: nothing is installed. $apt is a folder for it; the machine's settings
# for proxies, keys and credentials stay.

# private_apt TOOL ARGUMENT...: apt with a source, lists and cache of its own
private_apt() {
    local tool=$1
    shift
    "$tool" -qq -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=- -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt/cache" \
        -o Acquire::IndexTargets::deb::Translations::DefaultEnabled=false -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
        -o APT::Sandbox::User=root "$@"
}

# private_sources ARCHITECTURE SUITE...: what private_apt sees. A suite that is not served is left out
private_sources() {
    local architecture=$1 suite mirror
    shift
    mkdir -p "$apt"/{root,lists,cache/archives}/partial
    : >"$apt/sources.list"
    for suite; do
        ! mirror=$(mirror_of "$suite") || echo "deb [arch=$architecture signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >>"$apt/sources.list"
    done
    private_apt apt-get update >"$apt/log" 2>&1
}

# The machine's own Debian mirror, or its security mirror, whichever a suite is in
mirror_of() {
    local directory=debian
    case $1 in *-security) directory=debian-security ;; esac
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m 1 "/$directory/*\$"
}
