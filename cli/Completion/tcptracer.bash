# Completion of tcptracer for bash. For this shell: source <(tcptracer completion bash)
# For every shell: tcptracer completion bash > /etc/bash_completion.d/tcptracer
_tcptracer() {
    local i part words=() typed=${COMP_WORDS[COMP_CWORD]} before= found besides
    # Bash cuts words at = and :, tcptracer does not
    for ((i = 1; i <= COMP_CWORD; i++)); do
        part=${COMP_WORDS[i]}
        if ((i > 1)) && [[ $part =~ ^[=:]+$ || ${COMP_WORDS[i - 1]} =~ ^[=:]+$ ]]; then
            before=${words[-1]}
            words[-1]+=$part
        else
            before=
            words+=("$part")
        fi
    done
    if [[ $typed =~ ^[=:]+$ ]]; then
        before+=$typed typed=
    fi
    # The word without its quotes, as the program would get it
    local quote=
    if [[ ${words[-1]} == [\'\"]* ]]; then
        quote=${words[-1]:0:1}
        words[-1]=${words[-1]:1}
    else
        words[-1]=${words[-1]//\\/}
    fi
    found=$("${COMP_WORDS[0]}" "[complete]" "${words[@]}" 2>/dev/null)
    besides=$?
    COMPREPLY=()
    if ((besides == 2)); then
        for ((i = 1; i < COMP_CWORD; i++)); do
            [[ ${COMP_WORDS[i]} == -- ]] && break
        done
        if ((i == COMP_CWORD - 1)); then
            mapfile -t COMPREPLY < <(compgen -c -- "$typed")
        fi
        return
    fi
    ((besides == 0)) && compopt +o default 2>/dev/null
    while IFS= read -r part; do
        [[ -n $part ]] || continue
        [[ $part == *[=\(\ ]* && $part != --*=?* || $part == *[=\(] ]] && compopt -o nospace 2>/dev/null
        part=${part#"$before"}
        if [[ -z $quote ]]; then
            for i in ' ' '<' '>' '(' ')' '!'; do
                part=${part//"$i"/"\\$i"}
            done
        fi
        COMPREPLY+=("$part")
    done <<<"$found"
}
complete -o default -F _tcptracer tcptracer
