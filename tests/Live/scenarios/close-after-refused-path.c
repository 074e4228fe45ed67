/* SPDX-License-Identifier: MIT */
/* A second path of an MPTCP connection was refused before the connection ends */
#include "parts.h"

/* Connects of this namespace that failed */
static long failed_attempts(void)
{
	static const char column[] = "AttemptFails";
	char names[2048], values[2048];
	long value = -1;
	FILE *f = fopen("/proc/thread-self/net/snmp", "r");

	while (f && value < 0 && fgets(names, sizeof(names), f) && fgets(values, sizeof(values), f)) {
		char *name, *number, *rest_of_names = names, *rest_of_values = values;

		if (strncmp(names, "Tcp:", 4))
			continue;
		while ((name = strtok_r(0, " \n", &rest_of_names)) && (number = strtok_r(0, " \n", &rest_of_values)))
			if (!strcmp(name, column))
				value = atol(number);
	}
	if (f)
		fclose(f);
	if (value < 0)
		fail(column);
	return value;
}

/*
 * The test makes the server announce an address at which nobody listens. The kernel tries a second path to it, which is refused; the first
 * path carries the connection.
 */
static void until_path_is_refused(long before)
{
	for (int i = 0; failed_attempts() == before; i++) {
		if (i == 200)
			fail("no path was refused");
		milliseconds(10);
	}
	milliseconds(50);
}

SCENARIO(close_after_refused_path)
{
	long before = failed_attempts();
	BETWEEN(wait_for_end);
	until_path_is_refused(before);
	finish(fd, server);
}

SCENARIO(close_linger_zero_after_refused_path)
{
	long before = failed_attempts();
	BETWEEN(wait_for_error);
	until_path_is_refused(before);
	finish_by_reset(fd, server);
}
