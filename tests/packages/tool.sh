# The .NET tool: installed from the folder, asking nobody else; and the package for everywhere else under plain `dotnet`.

if ! command -v dotnet >/dev/null; then
	echo "SKIPPED tool: the .NET 10 SDK is not installed"
else
	mkdir "$work/nuget"
	cat >"$work/nuget/NuGet.Config" <<-END
		<configuration><packageSources><clear /><add key="here" value="$out" /></packageSources></configuration>
	END
	export NUGET_PACKAGES=$work/nuget/packages DOTNET_CLI_HOME=$work/nuget/home DOTNET_NOLOGO=1
	holds "tool: dotnet tool install" dotnet tool install tcptracer --version "$version" --tool-path "$work/tool" --configfile "$work/nuget/NuGet.Config"
	says "tool: --version" "tcptracer $version" "$work/tool/tcptracer" --version
	"$work/tool/tcptracer" show "$root/tests/golden/1.1/ordinary/trace.tct" -o wide >"$work/shown" 2>"$work/said" || true
	holds "tool: show of a golden trace" diff "$work/golden" "$work/shown"
	record_in "$work/tool/tcptracer" record -o "$work/tool.tct" --no-kubernetes -- /bin/bash -c "$traffic" >"$work/events" 2>&1 || true
	holds "tool: record" sh -c 'cat "$1" && grep -q "^3 events captured" "$1" && grep -q "^0 events lost" "$1"' sh "$work/events"
	holds "tool: dotnet tool uninstall" dotnet tool uninstall tcptracer --tool-path "$work/tool"
	holds "tool: nothing is left" sh -c '! find "$1" -mindepth 1 ! -path "*/.store*" | grep .' sh "$work/tool"
	says "tool: the licences of what is in it" "LGPL-3.0-or-later" /usr/bin/python3 -c \
		'import sys, zipfile; print(zipfile.ZipFile(sys.argv[1]).read("tcptracer.linux-x64.nuspec").decode())' "$out/tcptracer.linux-x64.$version.nupkg"
	mkdir "$work/any"
	/usr/bin/python3 -m zipfile -e "$out/tcptracer.any.$version.nupkg" "$work/any"
	any=$(find "$work/any" -name tcptracer.dll | head -1)
	# Each command starts once for all golden traces
	all_golden() {
		local command status
		for command in 'show --existing -o json' 'show -o wide' info verify 'summary -o json'; do
			status=0
			# shellcheck disable=SC2086 # words
			(cd "$root/tests/golden" && "$@" $command -- */*/trace.tct 2>&1) || status=$?
			echo "$command: $status"
		done
	}
	all_golden "$root/artifacts/release/$(dpkg --print-architecture)/tcptracer" >"$work/golden-native"
	all_golden dotnet "$any" >"$work/golden-any"
	holds "tool: the one for everywhere shows all golden traces alike, under dotnet" cmp "$work/golden-native" "$work/golden-any"
	holds "tool: that was much" sh -c '[ "$(wc -l <"$1")" -gt 1000 ]' sh "$work/golden-any"
	for words in "record -o $work/any.tct" "record -o $work/any.tct -- true" "--count 1"; do
		# shellcheck disable=SC2086
		says "tool: the one for everywhere, $words" "status 4" sh -c 'dotnet "$@" 2>"$0"; echo "status $?"' "$work/why" "$any" $words
		says "tool: and why" "tcptracer: this machine cannot record: this package of tcptracer runs on every machine and so has no probes" \
			cat "$work/why"
		holds "tool: and nothing is written" test ! -e "$work/any.tct"
	done
	unset NUGET_PACKAGES DOTNET_CLI_HOME
fi
