/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Cases that are more than a pair of ends */
#pragma once

/* destroy.c */
void destroyed(void);
/* accept.c */
void dead_on_accept(void);
void gone_on_accept(void);
void deferred_accept(void);
/* workers.c */
void forked_workers(void);
void port_sharing_workers(void);
/* accept-32-bit.c */
void accepted_by_32_bit_call(void);
/* connect.c */
void with_itself(void);
void no_port(void);
void reconnected(void);
void refused(void);
void no_syn(void);
/* fast-open.c */
void fast_open(void);
/* aborted.c */
void aborted(void);
/* uring.c */
void with_io_uring(void);

/* Not among the ordinary cases */
enum { EARLY_PORT = 7000 };
void early(void); /* early.c */
void load(void); /* load.c */
