# Shared by the scripts of release/. $root is the repository, as an absolute path. What is packed depends on the commit only: on nobody's clock,
# language, umask or order of files.
. "$root/.build/lib.sh"

out=$root/artifacts/release
version=$(sed -n 's:.*<VersionPrefix>\(.*\)</VersionPrefix>.*:\1:p' "$root/Directory.Build.props")
require_date
export LC_ALL=C TZ=UTC
umask 022
# Where releases lie, and who is asked about them. A public host is not chosen yet; .invalid is no one's
homepage=${TCPTRACER_HOMEPAGE:-https://tcptracer.invalid}
maintainer=${TCPTRACER_MAINTAINER:-The tcptracer authors <maintainers@tcptracer.invalid>}

# usage TEXT: how a script is called
usage() { say "usage: $1"; exit 2; }

# architecture_of WORD USAGE: checks the word
architecture_of() { case ${1:-} in amd64 | arm64) architecture=$1 ;; *) usage "$2" ;; esac; }

# executable_for ARCHITECTURE [shared]: the executable that release/executable has made
executable_for() {
    local file=$out/$1/${2:+$2/}tcptracer
    [ -x "$file" ] || { say "${file#"$root"/} is needed: release/executable $1${2:+ --shared-libelf} makes it"; exit 1; }
    printf %s "$file"
}

# work_folder: $work, which is removed at the end
work_folder() {
    work=$(mktemp -d "${TMPDIR:-/tmp}/tcptracer-release.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    chmod 755 "$work"
}

# packed FOLDER NAME...: these of the folder, as a tar
packed() {
    local folder=$1
    shift
    tar -C "$folder" --format=ustar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@"$SOURCE_DATE_EPOCH" -cf - -- "$@"
}

# stamped FOLDER: every file there gets the time of the commit
stamped() { find "$1" -exec touch -h -d @"$SOURCE_DATE_EPOCH" {} +; }

# made FILE: takes the place of an earlier one, and is said
made() {
    mv "$1" "$out/${1##*/}"
    say "artifacts/release/${1##*/}"
}
