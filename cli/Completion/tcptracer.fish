# Completion of tcptracer for fish. For this shell: tcptracer completion fish | source
# For every shell: tcptracer completion fish > ~/.config/fish/completions/tcptracer.fish
function __tcptracer_complete
    set -l line (commandline --cut-at-cursor --current-process | string replace --regex '^\s*\S+' tcptracer)
    tcptracer "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
end
complete --command tcptracer --arguments '(__tcptracer_complete)'
