# The container image: imported and run by a containerd of the test's own.

mkdir "$work/containerd"
cat >"$work/containerd/config.toml" <<END
version = 2
root = "$work/containerd/root"
state = "$work/containerd/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "$work/containerd/socket"
END
containerd --config "$work/containerd/config.toml" >"$work/containerd/log" 2>&1 &
containerd=$!
own() { ctr --address "$work/containerd/socket" --namespace tcptracer "$@"; }
for ((i = 0; i < 60; i++)); do
	own version >/dev/null 2>&1 && break
	sleep 1
done
image=localhost/tcptracer:$version
holds "image: ctr images import" own images import --snapshotter native "$out/tcptracer-$version-oci.tar"
holds "image: both architectures are in it" sh -c 'ctr --address "$1" --namespace tcptracer images list "name==$2" | grep linux/amd64 | grep linux/arm64' sh "$work/containerd/socket" "$image"
# in_container NAME OPTION... -- COMMAND...
in_container() {
	local name=$1 options=()
	shift
	while [ "$1" != -- ]; do options+=("$1"); shift; done
	shift
	own run --rm --snapshotter native ${options[@]+"${options[@]}"} "$image" "$name" /usr/bin/tcptracer "$@"
}
says "image: --version" "tcptracer $version" in_container version -- --version
in_container show --mount "type=bind,src=$root/tests/golden/1.1/ordinary,dst=/traces,options=rbind:ro" -- show /traces/trace.tct -o wide >"$work/shown" 2>"$work/said" || true
holds "image: show of a golden trace" diff "$work/golden" "$work/shown"
mkdir "$work/traces"
says "image: record" "0 events lost" in_container record --cap-add CAP_BPF --cap-add CAP_PERFMON --mount "type=bind,src=$work/traces,dst=/traces,options=rbind:rw" \
	-- record -o /traces/new.tct --no-kubernetes --duration 2s
holds "image: licences" sh -c 'ctr --address "$1" --namespace tcptracer images mount --snapshotter native "$2" "$3" && test -s "$3/usr/share/doc/tcptracer/LICENSE" -a -s "$3/usr/share/doc/tcptracer/THIRD-PARTY-NOTICES"; status=$?; umount "$3"; exit $status' \
	sh "$work/containerd/socket" "$image" "$work/traces"
kill "$containerd" && wait "$containerd" || true
umount -l "$work"/containerd/root/* 2>/dev/null || true
