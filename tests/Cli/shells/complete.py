"""Types a line and a tab into a real interactive shell, and prints the line that came of it. Usage: complete.py bash|zsh SCRIPT LINE"""
import os, pty, re, select, sys, time

shell, script, line = sys.argv[1:]
argv = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"]}[shell]
pid, fd = pty.fork()
if pid == 0:
    os.environ.update(TERM="dumb", PS1="$ ", PROMPT="$ ", HISTFILE="/dev/null", COLUMNS="1000")
    os.execvp(argv[0], argv)


def read_until(mark, patience=30):
    seen, end = "", time.time() + patience
    while not re.search(mark, seen):
        if time.time() > end or not select.select([fd], [], [], max(0, end - time.time()))[0]:
            sys.exit(f"'{mark}' did not come: {seen!r}")
        try:
            seen += os.read(fd, 65536).decode(errors="replace")
        except OSError:
            sys.exit(f"the shell ended: {seen!r}")
    return seen


setup = {
    "bash": ["bind 'set completion-query-items 0'", "bind 'set page-completions off'", f"source {script}",
             r"""bind -x '"\C-xp": printf "%s%s]]\n" "[[" "$READLINE_LINE"'"""],
    "zsh": ["autoload -U compinit && compinit -D -u", "unsetopt automenu", "unsetopt autolist", f"source {script}",
            """show() { print -r -- "["["$BUFFER]]" }; zle -N show; bindkey '^Xp' show"""],
}[shell]
for i, command in enumerate(setup):
    os.write(fd, f"{command}; echo do''ne{i}\n".encode())
    read_until(f"done{i}")
os.write(fd, line.encode() + b"\t")
time.sleep(0.1)  # the shell takes what comes while it completes as typed behind it
os.write(fd, b"\x18p")
print(re.search(r"\[\[(.*?)\]\]", read_until(r"\]\]"), re.S).group(1))
os.write(fd, b"\x03exit\n")
os.kill(pid, 9)
