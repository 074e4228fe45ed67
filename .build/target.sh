# What is built for others: for either architecture, the same bytes wherever it is built. Shared by release/executable and all else that builds for release.

target_packages=(clang:clang llvm-strip:llvm ld.lld:lld)

# properties_for amd64|arm64: sets $properties, what dotnet is told, and $build, the folder in which it builds. Each architecture has its own
properties_for() {
    local machine=x64 analysers=true
    [ "$1" != arm64 ] || machine=arm64 analysers=false # they have seen the same source on their way to the other architecture
    build=$root/artifacts/release/build/$1
    properties=(-r "linux-$machine" -p:TargetMachine="$machine" -p:SysRoot="$root/artifacts/sysroot/$1" -p:ArtifactsPath="$build"
        -p:LinkerFlavor=lld -p:ObjCopyName=llvm-objcopy -p:NativeDebugSymbols=false -p:PathMap="$root=/_" -p:RunAnalyzers=$analysers)
}
