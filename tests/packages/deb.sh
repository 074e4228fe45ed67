# The .deb: lintian, and in each Debian that is served installed with apt, run, removed, purged.

for architecture in amd64 arm64; do
	holds "deb $architecture: lintian finds no error and no warning" lintian --allow-root --fail-on error,warning "$out/tcptracer_$version-1_$architecture.deb"
done

for suite in "${suites[@]}"; do
	if ! fetch_system "$suite"; then
		echo "SKIPPED deb on $suite: this machine's apt mirror does not serve it"
		continue
	fi
	system "$suite"
	# What it depends on comes first, so that the difference is the package
	inside apt-get -q update >/dev/null 2>&1 || true
	inside apt-get -qy install --no-install-recommends libelf1 zlib1g libssl3 >/dev/null 2>&1 || inside apt-get -qy install --no-install-recommends libelf1t64 zlib1g libssl3t64 >/dev/null 2>&1 || true
	files_of >"$work/before"
	install_deb
	runs "deb on $suite" tcptracer
	says "deb on $suite: libelf is the system's" libelf.so.1 inside ldd /usr/bin/tcptracer
	for page in tcptracer tcptracer-record kubectl-tcptracer tcptracer-exit-codes; do
		says "deb on $suite: man $page" /usr/share/man inside man -w "$page"
	done
	says "deb on $suite: completion" _tcptracer inside bash -c '. /usr/share/bash-completion/completions/tcptracer && complete -p tcptracer'
	for file in zsh/vendor-completions/_tcptracer fish/vendor_completions.d/tcptracer.fish doc/tcptracer/copyright doc/tcptracer/THIRD-PARTY-NOTICES.gz doc/tcptracer/tcptracer.cdx.json; do
		holds "deb on $suite: /usr/share/$file" test -s "$system/usr/share/$file"
	done
	says "deb on $suite: as kubectl plug-in" "kubectl tcptracer" inside kubectl-tcptracer --help
	holds "deb on $suite: systemd finds nothing wrong with the unit" inside systemd-analyze verify tcptracer-recorder.service
	says "deb on $suite: the unit is not enabled" disabled inside systemctl is-enabled tcptracer-recorder.service
	inside systemctl enable tcptracer-recorder.service >/dev/null 2>&1
	echo '# changed' >>"$system/etc/default/tcptracer-recorder"
	holds "deb on $suite: apt remove" inside apt-get -qy remove tcptracer
	says "deb on $suite: what an administrator wrote is kept" '# changed' cat "$system/etc/default/tcptracer-recorder"
	holds "deb on $suite: apt purge" inside apt-get -qy purge tcptracer
	files_of >"$work/after"
	holds "deb on $suite: nothing is left" diff "$work/before" "$work/after"
	# An administrator who keeps traces on another disk has a link, of the folder or of the one that systemd makes for it
	for links in "ln -s /data/traces /var/lib/tcptracer" \
		"ln -s /data/traces /var/lib/private/tcptracer && ln -s private/tcptracer /var/lib/tcptracer"; do
		install_deb
		inside sh -c "mkdir -p /data/traces /var/lib/private && $links"
		says "deb on $suite: purge after $links: the traces stay" "recorded traces stay" inside apt-get -qy purge tcptracer
		says "deb on $suite: and are found" /data/traces inside realpath /var/lib/tcptracer
		inside rm -r /data /var/lib/tcptracer /var/lib/private/tcptracer 2>/dev/null || true
	done
	leave
done
