/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * How kernel memory is read, which differs between kernels. One set of functions serves all kernels. Each entry point names
 * the level on which it runs, and the compiler makes one variant for each level.
 */
#pragma once

/*
 * LEGACY: every kernel. Each read is a call of bpf_probe_read_kernel(), which takes 20 ns or more. There is no
 * compare-and-swap.
 * PROBED: from 5.12 on. The same reads, with compare-and-swap. For rare work, and for pointers whose type the verifier does
 * not know.
 * TYPED: from 5.12 on. Plain loads, through pointers that the verifier follows from type to type.
 * CAST: from 6.2 on. Plain loads, through pointers that bpf_rdonly_cast() made. Later verifiers search the names of all
 * kernel types for each load of TYPED: on 6.18 that was 70 % of the time that a recording took to start.
 */
enum level {
	LEGACY,
	PROBED,
	TYPED,
	CAST,
};

#ifdef WITHOUT_CASTS /* this object is for kernels before 6.2, where no program of level CAST is loaded */
#define bpf_rdonly_cast(object, type) ((const void *)(object))
#else
extern void *bpf_rdonly_cast(const void *object, u32 type) __ksym __weak;
#endif

#define CAST_TO(type, pointer) ((const type *)bpf_rdonly_cast((pointer), bpf_core_type_id_kernel(type)))

/* The same pointer, in a form whose type the verifier knows on this level */
#define KNOWN(level, type, pointer) ((level) == CAST ? CAST_TO(type, pointer) : (const type *)(pointer))

/*
 * For a function that is rarely run. The verifier checks it once, instead of once for each path that leads to it. Its
 * parameters are numbers. It takes a pointer as a number and reads through it with bpf_probe_read_kernel().
 */
#define ON_ITS_OWN __noinline __weak

/* The number of a pointer. The verifier accepts it as a number because it was read from memory */
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

/* The level for rare work: there, plain loads are not worth the time that the verifier needs for them */
static __always_inline enum level rarely(enum level level)
{
	return swaps(level) ? PROBED : LEGACY;
}

/* The level for a pointer that was not reached through typed pointers */
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

/* Reads a chain of members. On TYPED and CAST the verifier must know the type of `from`: an argument of the hook, or KNOWN() */
#define READ(level, from, ...) (loads(level) ? DIRECT(from, __VA_ARGS__) : BPF_CORE_READ(from, __VA_ARGS__))

/* Reads a chain of members in memory that was not reached through typed pointers: only a cast lets the verifier know the type */
#define READ_FAR(level, type, from, ...) \
	((level) == CAST ? DIRECT(CAST_TO(type, from), __VA_ARGS__) : BPF_CORE_READ((const type *)(from), __VA_ARGS__))
