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
	mkdir "$work/any"
	/usr/bin/python3 -m zipfile -e "$out/tcptracer.any.$version.nupkg" "$work/any"
	dotnet "$(find "$work/any" -name tcptracer.dll | head -1)" show "$root/tests/golden/1.1/ordinary/trace.tct" -o wide >"$work/shown" 2>"$work/said" || true
	holds "tool: the one for everywhere shows a golden trace under dotnet" diff "$work/golden" "$work/shown"
	unset NUGET_PACKAGES DOTNET_CLI_HOME
fi
