// Runs whole processes in turn and says what each cost: measure ROUNDS <LIST
// A line of LIST, its fields separated by tabs: name, how many of the rounds, sink (null or pipe), program, arguments...
// Round 0 warms up and is not told. Each round begins with another command, so that none always follows the same one.
// A line of the output: name, round, wall microseconds, processor microseconds, peak RSS in kB, by wait4 of that one process.
// In C, because a child's peak RSS begins with that of the process that forked it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_COMMANDS = 64, MAX_WORDS = 64, MAX_LINE = 4096 };

struct command {
    char text[MAX_LINE], *words[MAX_WORDS + 1], *name;
    int rounds, piped;
};

static struct command commands[MAX_COMMANDS];

static void fail(const char *what)
{
    fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int read_commands(void)
{
    int count = 0;
    while (count < MAX_COMMANDS && fgets(commands[count].text, MAX_LINE, stdin)) {
        struct command *c = &commands[count++];
        char *rest = c->text;
        rest[strcspn(rest, "\n")] = 0;
        c->name = strsep(&rest, "\t");
        c->rounds = atoi(strsep(&rest, "\t"));
        c->piped = strcmp(strsep(&rest, "\t"), "pipe") == 0;
        for (int i = 0; i < MAX_WORDS && rest; i++)
            c->words[i] = strsep(&rest, "\t");
    }
    return count;
}

static long long now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void become(struct command *c, int output)
{
    int null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(output < 0 ? null : output, 1);
    dup2(null, 2);
    execvp(c->words[0], c->words);
    _exit(127);
}

static void drain(int from)
{
    static char buffer[1 << 16];
    while (read(from, buffer, sizeof buffer) > 0) {
    }
    close(from);
}

static void run(struct command *c, int round)
{
    int ends[2] = { -1, -1 };
    if (c->piped && pipe2(ends, O_CLOEXEC) < 0)
        fail("pipe");
    long long start = now_us();
    pid_t child = fork();
    if (child < 0)
        fail("fork");
    if (child == 0)
        become(c, ends[1]);
    if (c->piped) {
        close(ends[1]);
        drain(ends[0]);
    }
    int status;
    struct rusage used;
    if (wait4(child, &status, 0, &used) < 0)
        fail("wait4");
    long long wall = now_us() - start;
    if (status != 0) {
        fprintf(stderr, "measure: %s: %s ended with status 0x%x\n", c->name, c->words[0], status);
        exit(1);
    }
    if (round > 0) {
        printf("%s\t%d\t%lld\t%lld\t%ld\n", c->name, round, wall,
               (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000LL + used.ru_utime.tv_usec + used.ru_stime.tv_usec, used.ru_maxrss);
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    int rounds = argc == 2 ? atoi(argv[1]) : 0, count = read_commands();
    if (rounds < 1 || count < 1) {
        fprintf(stderr, "usage: measure ROUNDS <LIST\n");
        return 2;
    }
    for (int round = 0; round <= rounds; round++)
        for (int i = 0; i < count; i++) {
            struct command *c = &commands[(i + round) % count];
            if (round == 0 ? c->rounds > 1 : round <= c->rounds) // what runs once is too slow to be warmed up
                run(c, round);
        }
    return 0;
}
