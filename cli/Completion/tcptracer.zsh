#compdef tcptracer
# Completion of tcptracer for zsh. For this shell: source <(tcptracer completion zsh)
# For every shell: tcptracer completion zsh > "${fpath[1]}/_tcptracer"
_tcptracer() {
    local line="tcptracer ${(j: :)words[2,CURRENT]}"
    local -a found
    found=(${(f)"$("${words[1]}" "[suggest:${#line}]" "$line" 2>/dev/null)"})
    # Options only where one is begun: else files
    [[ ${words[CURRENT]} == -* ]] || found=(${found:#-*})
    if (( $#found )); then
        compadd -- $found
    else
        _files
    fi
}
if [[ $funcstack[1] == _tcptracer ]]; then
    _tcptracer "$@"
else
    compdef _tcptracer tcptracer
fi
