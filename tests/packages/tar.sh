# The .tar.gz, unpacked into /usr/local of a system that has nothing but Debian's base.

fetch_system bookworm || die "Debian bookworm is not served"
system bookworm
tar=tcptracer-$version-linux-amd64
cp "$out/$tar.tar.gz" "$system/tmp/"
holds "tar: unpacked anywhere" inside tar -xzf "/tmp/$tar.tar.gz" -C /tmp
runs "tar" "/tmp/$tar/bin/tcptracer"
holds "tar: needs nothing but libc" sh -c '! chroot "$1" ldd "$2" | grep -Ev "linux-vdso|libc\.so|libm\.so|ld-linux|libpthread|libdl|librt"' sh "$system" "/tmp/$tar/bin/tcptracer"
holds "tar: unpacked into /usr/local" inside tar -xzf "/tmp/$tar.tar.gz" --strip-components=1 -C /usr/local
says "tar: found on PATH" "tcptracer $version" inside tcptracer --version
says "tar: man tcptracer-record" /usr/local inside man -w tcptracer-record
says "tar: as kubectl plug-in" "kubectl tcptracer" inside kubectl-tcptracer --help
holds "tar: systemd finds nothing wrong with the unit" inside systemd-analyze verify tcptracer-recorder.service
holds "tar: licences" test -s "$system/usr/local/share/doc/tcptracer/LICENSE" -a -s "$system/usr/local/share/doc/tcptracer/THIRD-PARTY-NOTICES"
leave
