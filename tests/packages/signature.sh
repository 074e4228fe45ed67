# The sums, and a signature of them by a key of the test's own.

holds "sums: of every file" sh -c 'cd "$1" && sha256sum --strict -c SHA256SUMS' sh "$out"
says "sums: no file is without" "0 without" bash -c 'cd "$1" && echo "$(find . -maxdepth 1 -type f ! -name "SHA256SUMS*" ! -name ".*" -printf "%P\n" | grep -vcxFf <(cut -c67- SHA256SUMS)) without"' bash "$out"
export GNUPGHOME=$work/gnupg
mkdir -m 700 "$GNUPGHOME"
gpg --batch --quiet --passphrase '' --quick-generate-key 'tests/packages <test@tcptracer.invalid>' ed25519 sign never >"$work/said" 2>&1
cp "$out/SHA256SUMS" "$work/sums"
holds "signature: made where a key is given" env TCPTRACER_SIGNING_KEY=test@tcptracer.invalid "$root/release/sums"
holds "signature: is good" gpg --batch --verify "$out/SHA256SUMS.asc" "$out/SHA256SUMS"
holds "signature: the sums are as before" cmp "$work/sums" "$out/SHA256SUMS"
rm "$out/SHA256SUMS.asc" # of a key that is about to go
gpgconf --kill all
unset GNUPGHOME
