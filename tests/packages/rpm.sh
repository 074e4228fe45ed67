# The .rpm, in a Debian folder: rpm installs it there without asking for its dependencies, because Debian's packages are not in rpm's list. What it asks for is
# compared with what the folder has.

rpm=tcptracer-$version-1.x86_64.rpm
for machine in x86_64 aarch64; do
	holds "rpm $machine: its digests are good" rpm -K --nosignature "$out/tcptracer-$version-1.$machine.rpm"
done
says "rpm: depends on libelf" "libelf.so.1()(64bit)" rpm -qp --requires "$out/$rpm"
fetch_system bookworm || die "Debian bookworm is not served"
system bookworm
inside apt-get -q update >/dev/null 2>&1 || true
inside apt-get -qy install --no-install-recommends libelf1 zlib1g libssl3 >/dev/null 2>&1 || true
mkdir -p "$system/usr/share/licenses" # as Fedora's base has it
files_of >"$work/before"
holds "rpm: install" rpm --root "$system" --nodeps -i "$out/$rpm"
holds "rpm: verify" rpm --root "$system" --nodeps -V tcptracer
runs "rpm" tcptracer
says "rpm: every library is found" "not found: 0" sh -c 'echo "not found: $(chroot "$1" ldd /usr/bin/tcptracer | grep -c "not found")"' sh "$system"
says "rpm: man tcptracer-record" /usr/share/man inside man -w tcptracer-record
says "rpm: completion" _tcptracer inside bash -c '. /usr/share/bash-completion/completions/tcptracer && complete -p tcptracer'
holds "rpm: licences" test -s "$system/usr/share/licenses/tcptracer/LICENSE" -a -s "$system/usr/share/licenses/tcptracer/THIRD-PARTY-NOTICES"
holds "rpm: systemd finds nothing wrong with the unit" inside systemd-analyze verify tcptracer-recorder.service
says "rpm: the unit is not enabled" disabled inside systemctl is-enabled tcptracer-recorder.service
inside systemctl enable tcptracer-recorder.service >/dev/null 2>&1
holds "rpm: remove" rpm --root "$system" -e tcptracer
rm -rf "$system"/root/.rpmdb "$system"/var/lib/rpm # rpm's own list
files_of >"$work/after"
holds "rpm: nothing is left" diff "$work/before" "$work/after"
leave
