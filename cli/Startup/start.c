/*
 * Runs before .NET does.
 *
 * Descriptors: our caller may have closed standard input, output or error (`2>&-`, a careless daemon). The next file that is opened gets
 * that number, a trace for example, and messages would be written into it. So a placeholder takes the number. It can be neither read nor
 * written: every attempt fails as on a closed descriptor, and C# reports that. The placeholder needs no /dev, and children do not inherit
 * it.
 *
 * Signals: SIGUSR1 and SIGUSR2 are requests to a recorder, and kill a process that has no handler. So they have one from here on; C# does
 * what they ask for as soon as it can. SIGXFSZ kills a process that writes beyond `ulimit -f`. With a handler the write fails instead,
 * and C# reports that. The handlers do nothing. The signals are not ignored, because children inherit ignored signals; a handler they do
 * not inherit.
 *
 * No headers, so that nothing of another machine is needed to compile it for that machine. The numbers are the same on x86-64 and arm64.
 */
enum { sig_usr1 = 10, sig_usr2 = 12, sig_xfsz = 25 };
enum { get_flags = 1, path_only = 010000000, close_on_exec = 02000000 };

int fcntl(int descriptor, int command, ...);
int open(const char *path, int flags, ...);
void (*signal(int number, void (*handler)(int)))(int);

static void do_nothing(int number)
{
    (void)number;
}

__attribute__((constructor)) static void survive_signals(void)
{
    signal(sig_usr1, do_nothing);
    signal(sig_usr2, do_nothing);
    signal(sig_xfsz, do_nothing);
}

__attribute__((constructor)) static void hold_closed_descriptors(void)
{
    for (int descriptor = 0; descriptor <= 2; descriptor++) {
        if (fcntl(descriptor, get_flags) < 0)
            open("/", path_only | close_on_exec); /* open() takes the lowest free number, which is this one */
    }
}
