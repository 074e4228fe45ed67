// The program of every service and client of the sample shop. A service asks other services, then answers its request.
//
//   NAME serve PORT WORKERS BACKLOG ROUTE...   ROUTE is "/path REPLY_BYTES STEP..."
//   NAME ask FROM STEP...                      a client, which asks one after the other; FROM is its address, or - for any
//
// A STEP is ADDRESS:PORT/path:BYTES, a request of that size whose answer is read to its end; or sleep:MS; or, in a route, reset:N: answer
// N messages of 32 bytes, then reset the connection; or, in a client, hold:ADDRESS:PORT/path, a connection that the client keeps until
// the service ends it.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PATH_LENGTH = 64, MESSAGE = 32, BETWEEN_MESSAGES_MS = 400 };

static char **routes;
static int route_count;
static int listener;
static const char *from = "-";

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void rest(long ms)
{
    struct timespec time = { ms / 1000, ms % 1000 * 1000000 };
    nanosleep(&time, NULL);
}

static struct sockaddr_in end_at(const char *address, int port)
{
    struct sockaddr_in end = { .sin_family = AF_INET, .sin_port = htons(port) };
    if (!inet_aton(address, &end.sin_addr))
        die(address);
    return end;
}

// A request or an answer is so many bytes; a request's first ones are its path
static void send_padded(int fd, const char *path, size_t length)
{
    char *bytes = calloc(1, length + PATH_LENGTH);
    strcpy(bytes, path);
    if (send(fd, bytes, length, MSG_NOSIGNAL) < 0)
        perror("send");
    free(bytes);
}

static void read_to_the_end(int fd)
{
    char bytes[4096];
    while (recv(fd, bytes, sizeof bytes, 0) > 0)
        ;
}

static void keep_talking(int fd, const char *path)
{
    char answer[MESSAGE];
    do {
        send_padded(fd, path, MESSAGE);
        rest(BETWEEN_MESSAGES_MS);
    } while (recv(fd, answer, sizeof answer, 0) > 0);
}

static void ask(const char *address, int port, const char *path, size_t length, int hold)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in here = *from == '-' ? (struct sockaddr_in){ .sin_family = AF_INET } : end_at(from, 0), there = end_at(address, port);
    if (*from != '-' && bind(fd, (struct sockaddr *)&here, sizeof here) < 0)
        die("bind");
    if (connect(fd, (struct sockaddr *)&there, sizeof there) == 0) {
        if (hold) {
            keep_talking(fd, path);
        } else {
            send_padded(fd, path, length);
            read_to_the_end(fd);
        }
    }
    close(fd);
}

// Whether the connection is still to be closed in the usual way
static int take(const char *step, int fd)
{
    char address[INET_ADDRSTRLEN], path[PATH_LENGTH];
    int port, number;
    if (sscanf(step, "sleep:%d", &number) == 1) {
        rest(number);
    } else if (sscanf(step, "reset:%d", &number) == 1) {
        char message[MESSAGE];
        do
            send_padded(fd, "", MESSAGE);
        while (--number > 0 && recv(fd, message, sizeof message, 0) > 0);
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ .l_onoff = 1 }, sizeof(struct linger));
        return 0;
    } else if (sscanf(step, "hold:%15[0-9.]:%d%63s", address, &port, path) == 3) {
        ask(address, port, path, 0, 1);
    } else if (sscanf(step, "%15[0-9.]:%d%63[^:]:%d", address, &port, path, &number) == 4) {
        ask(address, port, path, number, 0);
    } else {
        fprintf(stderr, "no step: %s\n", step);
        exit(2);
    }
    return 1;
}

static void answer(int fd)
{
    char request[4096] = "", route[1024], path[PATH_LENGTH];
    if (recv(fd, request, sizeof request - 1, 0) <= 0)
        return;
    for (int i = 0; i < route_count; i++) {
        int reply;
        if (sscanf(routes[i], "%63s %d", path, &reply) != 2 || strcmp(path, request) != 0)
            continue;
        snprintf(route, sizeof route, "%s", routes[i]);
        char *rest_of_it, *word = strtok_r(route, " ", &rest_of_it);
        strtok_r(NULL, " ", &rest_of_it);
        while ((word = strtok_r(NULL, " ", &rest_of_it)) != NULL) {
            if (!take(word, fd))
                return;
        }
        send_padded(fd, "", reply);
        return;
    }
    fprintf(stderr, "no route: %s\n", request);
}

static void *work(void *unused)
{
    (void)unused;
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            die("accept");
        answer(fd);
        close(fd);
    }
    return NULL;
}

static void serve(int port, int workers, int backlog)
{
    struct sockaddr_in here = end_at("0.0.0.0", port);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
    if (bind(listener, (struct sockaddr *)&here, sizeof here) < 0 || listen(listener, backlog) < 0)
        die("listen");
    pthread_t thread;
    while (--workers > 0) {
        if (pthread_create(&thread, NULL, work, NULL) != 0)
            die("thread");
    }
    work(NULL);
}

int main(int count, char **words)
{
    signal(SIGPIPE, SIG_IGN);
    if (count >= 6 && strcmp(words[1], "serve") == 0) {
        routes = words + 5;
        route_count = count - 5;
        serve(atoi(words[2]), atoi(words[3]), atoi(words[4]));
    }
    if (count >= 4 && strcmp(words[1], "ask") == 0) {
        from = words[2];
        for (int i = 3; i < count; i++)
            take(words[i], -1);
        return 0;
    }
    fprintf(stderr, "usage: serve PORT WORKERS BACKLOG ROUTE... | ask FROM STEP...\n");
    return 2;
}
