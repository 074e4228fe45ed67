# The plug-in for kubectl, as krew would install it: by the manifest, with its sum.

# The manifest is YAML; Python's standard library has none, and these fields are in lines of their own
of_platform() { sed -n "/arch: $1/,/bin:/s/^ *$2: //p" "$out/tcptracer.yaml"; }
holds "krew: nothing of the template is left" sh -c '! grep -E "VERSION|URI|SHA256_|^#" "$1"' sh "$out/tcptracer.yaml"
for architecture in amd64 arm64; do
	archive=$(of_platform "$architecture" uri)
	archive=$out/${archive##*/}
	holds "krew $architecture: the archive is the one of the manifest" sh -c 'echo "$1  $2" | sha256sum -c' sh "$(of_platform "$architecture" sha256)" "$archive"
	for file in kubectl-tcptracer LICENSE THIRD-PARTY-NOTICES; do
		holds "krew $architecture: has $file" tar -xOzf "$archive" "$file"
	done
done
mkdir "$work/krew"
tar -xzf "$out/kubectl-tcptracer-$version-linux-amd64.tar.gz" -C "$work/krew"
says "krew: runs as plug-in" "kubectl tcptracer" "$work/krew/$(of_platform amd64 bin)" --help
holds "krew: shows a trace" sh -c '"$1" show "$2" -o wide | diff - "$3"' sh "$work/krew/kubectl-tcptracer" "$root/tests/golden/1.1/ordinary/trace.tct" "$work/golden"
if command -v kubectl >/dev/null; then
	says "krew: kubectl finds it" "kubectl tcptracer" env PATH="$work/krew:$PATH" kubectl tcptracer --help
fi
