/*
 * Takes privileges away from every thread. The kernel keeps privileges for each thread, and a thread can give up only its own. The
 * threads of the .NET runtime run no code of ours, but a signal reaches them. Its handler makes system calls only.
 *
 * No headers, see start.c. The numbers are the same on x86-64 and arm64.
 */
enum { last_signal = 64, capability_version = 0x20080522, no_new_privileges = 38 };

int capset(void *header, const void *data);
int prctl(int option, ...);
int *__errno_location(void);
void (*signal(int number, void (*handler)(int)))(int);

static volatile unsigned long long kept;

static void give_up(int number)
{
    struct {
        unsigned version;
        int thread;
    } header = { capability_version, 0 };
    struct {
        unsigned effective, permitted, inheritable;
    } sets[2] = { { (unsigned)kept, (unsigned)kept, 0 }, { (unsigned)(kept >> 32), (unsigned)(kept >> 32), 0 } };
    int error = *__errno_location();

    (void)number;
    capset(&header, sets);
    prctl(no_new_privileges, 1L, 0L, 0L, 0L);
    *__errno_location() = error;
}

/* Returns the number of a signal. A thread that gets this signal keeps the given capabilities and no others. */
int tcptracer_keep_privileges(unsigned long long capabilities)
{
    kept = capabilities;
    signal(last_signal, give_up);
    return last_signal;
}
