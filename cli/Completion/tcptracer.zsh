#compdef tcptracer
# Completion of tcptracer for zsh. For this shell: source <(tcptracer completion zsh)
# For every shell: tcptracer completion zsh > "${fpath[1]}/_tcptracer"
_tcptracer() {
    local besides text
    local -a found open before
    before=("${(@Q)words[2,CURRENT-1]}")
    text=$("${words[1]}" "[complete]" "${before[@]}" "${(Q)PREFIX}" 2>/dev/null)
    besides=$?
    if (( besides == 2 )); then
        local at=${words[(i)--]}
        shift $at words
        (( CURRENT -= at ))
        _normal
        return
    fi
    found=(${(f)text})
    # Behind = ( and a blank more is to be typed
    open=(${(M)found:#*[=\( ]})
    found=(${found:#*[=\( ]})
    (( $#found )) && compadd -- "${found[@]}"
    (( $#open )) && compadd -S '' -- "${open[@]}"
    (( besides == 1 )) && _files
}
if [[ $funcstack[1] == _tcptracer ]]; then
    _tcptracer "$@"
else
    compdef _tcptracer tcptracer
fi
