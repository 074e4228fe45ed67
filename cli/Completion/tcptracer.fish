# Completion of tcptracer for fish. For this shell: tcptracer completion fish | source
# For every shell: tcptracer completion fish > ~/.config/fish/completions/tcptracer.fish
function __tcptracer_ask
    set -l words (commandline --tokenize --cut-at-cursor --current-process)
    # The word without its opening quote, as the program would get it
    set -l typed (commandline --current-token --cut-at-cursor | string replace --regex '^[\'"]' '' | string replace --all '\\' '')
    tcptracer "[complete]" $words[2..] "$typed" 2>/dev/null
end
function __tcptracer_besides
    __tcptracer_ask >/dev/null
    test $status -eq $argv[1]
end
function __tcptracer_command
    set -l words (commandline --tokenize --cut-at-cursor --current-process)
    set -l at (contains --index -- -- $words)
    complete --do-complete (string join ' ' -- (string escape -- $words[(math $at + 1)..]) (commandline --current-token --cut-at-cursor))
end
complete --command tcptracer --no-files --condition '__tcptracer_besides 0' --arguments '(__tcptracer_ask)'
complete --command tcptracer --force-files --condition '__tcptracer_besides 1' --arguments '(__tcptracer_ask)'
complete --command tcptracer --no-files --condition '__tcptracer_besides 2' --arguments '(__tcptracer_command)'
