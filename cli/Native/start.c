/*
 * Runs before .NET does.
 *
 * Whoever starts us may have closed standard input, output or error (`2>&-`, a careless daemon). The next file that is opened
 * takes that number, be it the runtime's own or a trace, and what is meant for people or for a pipe is then written into it. So each of the three is
 * held by something that can be neither read nor written: every attempt fails as it would on a closed one, and C# makes a sentence of that. It needs
 * no /dev. A child does not inherit it: it gets what we were given.
 *
 * SIGUSR1 and SIGUSR2 ask a recorder for something, and kill whoever does not hear them. So from here on somebody does: what they ask for comes later, if
 * at all. SIGXFSZ kills whoever writes beyond `ulimit -f`: where it is heard, the write fails, and C# makes a sentence of that. None of them is ignored,
 * for whatever a process ignores its children ignore, too; what it hears is as usual again in them.
 *
 * No headers, so that nothing of another machine is needed to compile it for that machine. The numbers are the same on x86-64 and arm64.
 */
enum { sig_usr1 = 10, sig_usr2 = 12, sig_xfsz = 25 };
enum { get_flags = 1, path_only = 010000000, close_on_exec = 02000000 };

int fcntl(int descriptor, int command, ...);
int open(const char *path, int flags, ...);
void (*signal(int number, void (*handler)(int)))(int);

static void hear(int number)
{
    (void)number;
}

__attribute__((constructor)) static void survive_signals(void)
{
    signal(sig_usr1, hear);
    signal(sig_usr2, hear);
    signal(sig_xfsz, hear);
}

__attribute__((constructor)) static void hold_closed_descriptors(void)
{
    for (int descriptor = 0; descriptor <= 2; descriptor++) {
        if (fcntl(descriptor, get_flags) < 0)
            open("/", path_only | close_on_exec); /* takes the lowest number that is free: this one */
    }
}
