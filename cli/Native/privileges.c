/*
 * Takes privileges from every thread. The kernel keeps them for each thread, and lets a thread give up only its own; of a runtime with threads of its own that
 * takes a signal to each. The handler does nothing but system calls.
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

/* Each thread that gets the signal which is returned keeps those privileges and no others */
int tcptracer_keep_privileges(unsigned long long capabilities)
{
    kept = capabilities;
    signal(last_signal, give_up);
    return last_signal;
}
