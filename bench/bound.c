/* SPDX-License-Identifier: MIT */
/* bound OBJECT: attaches all programs of bound.bpf.c, counts their records every 40 ms, and on SIGINT says how many came and how many were lost. */
#include <bpf/libbpf.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t stopped;
static unsigned long long records;

static void stop(int signal)
{
	stopped = signal;
}

static int count(void *context, void *record, size_t size)
{
	records++;
	return 0;
}

int main(int arguments, char **argument)
{
	struct bpf_object *object = arguments == 2 ? bpf_object__open_file(argument[1], NULL) : NULL;
	struct bpf_program *program;
	struct bpf_map *map, *values = NULL;
	struct ring_buffer *ring;
	struct sigaction on_stop = { .sa_handler = stop };
	unsigned long long lost = 0;
	int zero = 0;

	if (!object || bpf_object__load(object)) {
		fprintf(stderr, "bound: cannot load %s\n", arguments == 2 ? argument[1] : "anything: give the object");
		return 1;
	}
	bpf_object__for_each_program(program, object)
		if (!bpf_program__attach(program)) {
			fprintf(stderr, "bound: cannot attach %s\n", bpf_program__name(program));
			return 1;
		}
	bpf_object__for_each_map(map, object)
		if (strstr(bpf_map__name(map), ".bss"))
			values = map;
	ring = ring_buffer__new(bpf_object__find_map_fd_by_name(object, "ring"), count, NULL, NULL);
	if (!ring)
		return 1;
	sigaction(SIGINT, &on_stop, NULL);
	while (!stopped) {
		usleep(40000);
		ring_buffer__consume(ring);
	}
	ring_buffer__consume(ring);
	if (values)
		bpf_map__lookup_elem(values, &zero, sizeof(zero), &lost, sizeof(lost), 0);
	printf("%llu records, %llu lost\n", records, lost);
	return 0;
}
