# Completion of tcptracer for bash. For this shell: source <(tcptracer completion bash)
# For every shell: tcptracer completion bash > /etc/bash_completion.d/tcptracer
_tcptracer() {
    local program=${COMP_WORDS[0]} rest=${COMP_LINE#*"${COMP_WORDS[0]}"} found
    local point=$((COMP_POINT - ${#COMP_LINE} + ${#rest} + 9))
    # Options only where one is begun: else nothing is found, and bash offers files
    local kind='^[^-]'
    [[ ${COMP_WORDS[COMP_CWORD]} == -* ]] && kind=.
    mapfile -t found < <("$program" "[suggest:$point]" "tcptracer$rest" 2>/dev/null | grep "$kind")
    mapfile -t COMPREPLY < <(compgen -W "${found[*]}" -- "${COMP_WORDS[COMP_CWORD]}")
}
complete -o default -F _tcptracer tcptracer
