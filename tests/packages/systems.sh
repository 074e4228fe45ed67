# Systems to install into: Debian folders that debootstrap has made, kept in $cache; each test gets a copy of its own.

# The machine's own Debian mirror
mirror() { apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep '/debian/*$' | head -1; }

# fetch_system SUITE: into the cache; false if it is not served
fetch_system() {
	[ ! -d "$cache/$1" ] || return 0
	mkdir -p "$cache"
	rm -rf "$cache/$1.new"
	echo "fetching Debian $1"
	debootstrap --variant=minbase --include=ca-certificates,systemd,systemd-sysv,man-db,iproute2 "$1" "$cache/$1.new" "$(mirror)" >"$cache/$1.log" 2>&1 || return 1
	mv "$cache/$1.new" "$cache/$1"
}

# system SUITE: sets $system, a fresh copy with /proc and the like
system() {
	leave
	system=$work/system
	cp -a "$cache/$1" "$system"
	cp -L /etc/resolv.conf "$system/etc/resolv.conf"
	# Daemons are not to be started in a folder
	printf '#!/bin/sh\nexit 101\n' >"$system/usr/sbin/policy-rc.d"
	chmod 755 "$system/usr/sbin/policy-rc.d"
	mount -t proc proc "$system/proc"
	mount -t sysfs -o ro sysfs "$system/sys"
	mount --bind /dev "$system/dev"
	mkdir "$system/run/traces"
	cp "$root/tests/golden/1.1/ordinary/trace.tct" "$system/run/traces/"
}

# leave: unmounts and removes $system
leave() {
	[ -n "${system:-}" ] || return 0
	umount -l "$system"/{proc,sys,dev} 2>/dev/null || true
	! mountpoint -q "$system/dev" || die "$system/dev is still mounted" # and would be emptied
	rm -rf "$system"
	system=
}

inside() { chroot "$system" env DEBIAN_FRONTEND=noninteractive LC_ALL=C "$@"; }

# files_of: every file of the system, but what apt, dpkg, man and the loader write for themselves
files_of() {
	(cd "$system" && find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./run -o -path ./tmp -o -path ./var/cache -o -path ./var/log \
		-o -path ./var/lib/apt -o -path ./var/lib/dpkg -o -path ./etc/ld.so.cache -o -path ./var/lib/systemd/deb-systemd-helper-enabled \) -prune -o -print) | sort
}

# Each event of a run of its own: a connection that is accepted and closed, and one that is refused. The server runs outside of the system
traffic='exec 3<>/dev/tcp/127.0.0.1/8000 && exec 3>&-; exec 4<>/dev/tcp/127.0.0.1/1'
# record_in COMMAND...: records it with the system's own tcptracer; COMMAND begins with what enters the system
record_in() {
	unshare --net --mount sh -c 'ip link set lo up; /usr/bin/python3 -c "
import socket
s = socket.create_server((\"127.0.0.1\", 8000))
while True: s.accept()[0].close()" & sleep 1; "$@"; status=$?; kill $!; exit $status' sh "$@"
}

# runs WHAT COMMAND...: the checks that every package passes; the command is tcptracer, as it is called in $system
runs() {
	local what=$1
	shift
	says "$what: --version" "tcptracer $version" inside "$@" --version
	inside "$@" show /run/traces/trace.tct -o wide >"$work/shown" 2>/dev/null || true
	holds "$what: show of a golden trace" diff "$work/golden" "$work/shown"
	record_in chroot "$system" "$@" record -o /run/traces/new.tct --force --no-kubernetes -- /bin/bash -c "$traffic" >"$work/events" 2>&1 || true
	inside "$@" show /run/traces/new.tct -o custom-columns=t,comm,dport,error >>"$work/events" 2>&1 || true
	holds "$what: record: connected, closed and refused" sh -c \
		'cat "$1" && grep -Eq "^C bash +8000" "$1" && grep -Eq "^X bash +8000" "$1" && grep -Eq "^F bash +1 +ECONNREFUSED" "$1" && grep -q "^0 events lost" "$1"' sh "$work/events"
}

# install_deb: into $system of $suite, with what it depends on
install_deb() {
	local deb=tcptracer_$version-1_amd64.deb
	cp "$out/$deb" "$system/tmp/"
	holds "$suite: apt install ./$deb" sh -c 'chroot "$1" apt-get -q update && chroot "$1" env DEBIAN_FRONTEND=noninteractive apt-get -qy install "./tmp/$2"' sh "$system" "$deb"
}
