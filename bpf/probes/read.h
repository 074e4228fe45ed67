/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* How kernel memory is read, and what else differs between kernels: one set of functions serves all, each entry point says on which level it runs. */
#pragma once

/*
 * LEGACY: every kernel. Each read is a call of bpf_probe_read_kernel(), 20 ns or more, and there is no compare-and-swap.
 * PROBED: the same reads; from 5.12 on with compare-and-swap. For what is rare, and for pointers that the verifier does not know.
 * TYPED: plain loads through pointers that the verifier follows from type to type (5.12).
 * CAST: plain loads through pointers that bpf_rdonly_cast() made (6.2). A load through a typed pointer costs later verifiers a search through the
 * names of all kernel types: 70 % of the time that a recording took to start on 6.18.
 */
enum level {
	LEGACY,
	PROBED,
	TYPED,
	CAST,
};

#ifdef WITHOUT_CASTS /* for kernels before 6.2, where no program of this level is loaded */
#define bpf_rdonly_cast(object, type) ((const void *)(object))
#else
extern void *bpf_rdonly_cast(const void *object, u32 type) __ksym __weak;
#endif

#define CAST_TO(type, pointer) ((const type *)bpf_rdonly_cast((pointer), bpf_core_type_id_kernel(type)))

/* The same pointer, as one that the verifier knows on this level */
#define KNOWN(level, type, pointer) ((level) == CAST ? CAST_TO(type, pointer) : (const type *)(pointer))

/*
 * A function that is rarely run: the verifier reads it once, not once more for each way that leads to it. It takes numbers only, pointers as such,
 * and reads through them by probe.
 */
#define ON_ITS_OWN __noinline __weak

/* The verifier does not let a pointer pass for a number: it must have been read from memory */
static __always_inline u64 number_of(const void *pointer)
{
	u64 number = 0;

	bpf_probe_read_kernel(&number, sizeof(number), &pointer);
	return number;
}

static __always_inline bool swaps(enum level level)
{
	return level != LEGACY;
}

static __always_inline bool loads(enum level level)
{
	return level >= TYPED;
}

/* For what is rare, but swaps: plain loads are not worth what they cost the verifier */
static __always_inline enum level rarely(enum level level)
{
	return swaps(level) ? PROBED : LEGACY;
}

/* Of a pointer that no typed pointer led to */
static __always_inline enum level far(enum level level)
{
	return level == CAST ? CAST : rarely(level);
}

#define DIRECT_1(t, a) (t)->a
#define DIRECT_2(t, a, b) (t)->a->b
#define DIRECT_3(t, a, b, c) (t)->a->b->c
#define DIRECT_4(t, a, b, c, d) (t)->a->b->c->d
#define DIRECT_PICK(_1, _2, _3, _4, name, ...) name
#define DIRECT(t, ...) DIRECT_PICK(__VA_ARGS__, DIRECT_4, DIRECT_3, DIRECT_2, DIRECT_1)(t, __VA_ARGS__)

/* One chain of members. On TYPED and CAST the first pointer is one that the verifier knows: an argument of the hook, or KNOWN() */
#define READ(level, from, ...) (loads(level) ? DIRECT(from, __VA_ARGS__) : BPF_CORE_READ(from, __VA_ARGS__))

/* Of a pointer that only a cast makes known: of what lies in memory that typed pointers do not lead to */
#define READ_FAR(level, type, from, ...) ((level) == CAST ? DIRECT(CAST_TO(type, from), __VA_ARGS__) : BPF_CORE_READ((const type *)(from), __VA_ARGS__))
