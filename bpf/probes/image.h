/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Which program is it? The path of the executable and, with --args, the command line. They are sent once, before the first
 * event that needs them: so a process is known however short it lives. Events have a number in their place, which is never
 * used again.
 */
#pragma once

#include "maps.h"
#include "read.h"

/*
 * What was sent. Without command lines: by the file and its name. With command lines: by the process and how often it has
 * called execve(). Old entries make room for new ones (LRU); then the image is sent again.
 */
struct image_key {
	u64 what;
	u64 which;
	u64 name;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct image_key);
	__type(value, u32);
} reported_images SEC(".maps");

struct place {
	const struct dentry *dentry;
	const struct mount *mount;
};

/*
 * Steps from the root of a file system to the place where it is mounted, and again if that place is a root, too. False:
 * nothing is above it
 */
static __always_inline bool leave_roots(struct place *at)
{
#pragma unroll
	for (int i = 0; i < IMAGE_MOUNTS; i++) {
		const struct dentry *dentry = at->dentry;
		const struct mount *mount = at->mount;

		if (dentry != BPF_CORE_READ(mount, mnt.mnt_root) && dentry != BPF_CORE_READ(dentry, d_parent))
			return true;
		at->mount = BPF_CORE_READ(mount, mnt_parent);
		if (at->mount == mount)
			return false;
		at->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
	}
	return false;
}

/* Reads the names up to the top of the mount namespace: in a container, up to its root. Returns how many there are */
static __always_inline u32 read_path(struct image *image, const struct file *file)
{
	const struct vfsmount *mounted = BPF_CORE_READ(file, f_path.mnt);
	struct place at = {
		.dentry = BPF_CORE_READ(file, f_path.dentry),
		.mount = (const void *)((const char *)mounted - bpf_core_field_offset(struct mount, mnt)),
	};
	u32 level;

#pragma unroll /* the verifier of 5.10 mistakes a loop within a loop for an endless one */
	for (level = 0; level < IMAGE_LEVELS; level++) {
		const struct dentry *dentry;

		if (!leave_roots(&at) && level) /* the file of memfd_create() is in no directory */
			return level;
		dentry = at.dentry;
		bpf_probe_read_kernel_str(image->names[level], IMAGE_NAME, BPF_CORE_READ(dentry, d_name.name));
		if (BPF_CORE_READ(dentry, d_name.hash_len) >> 32 >= IMAGE_NAME)
			image->names[level][IMAGE_NAME - 1] = '/'; /* no zero at the end shows that the name is cut */
		at.dentry = BPF_CORE_READ(dentry, d_parent);
	}
	return leave_roots(&at) ? IMAGE_LEVELS + 1 : IMAGE_LEVELS;
}

/*
 * The command line as it is now: the process may have written over it. A program can read only that of the current process;
 * user space reads the others.
 */
static __always_inline void read_arguments(struct image *image, struct task_struct *task)
{
	u64 start = BPF_CORE_READ(task, mm, arg_start), length = BPF_CORE_READ(task, mm, arg_end) - start;
	u32 pid = BPF_CORE_READ(task, tgid);

	if (pid != bpf_get_current_pid_tgid() >> 32) {
		image->pid = pid;
		return;
	}
	image->arguments_are_cut = length > IMAGE_ARGUMENTS;
	if (length > IMAGE_ARGUMENTS)
		length = IMAGE_ARGUMENTS;
	barrier_var(length); /* the verifier must see the bound */
	if (length > IMAGE_ARGUMENTS)
		return;
	if (length && !bpf_probe_read_user(image->arguments, length, (const void *)start))
		image->arguments_length = length;
}

/* Sends an image. `address`: of the task. If the ring is full, the next event of the process tries again */
ON_ITS_OWN u32 report_image(u64 address, u64 what, u64 which, u64 name, u32 number)
{
	struct task_struct *task = (struct task_struct *)(unsigned long)address;
	struct image_key key = { .what = what, .which = which, .name = name };
	struct image *image = bpf_ringbuf_reserve(&ring, sizeof(*image), 0);

	if (!image)
		return 0;
	__builtin_memset(image, 0, __builtin_offsetof(struct image, names));
	image->kind = RECORD_IMAGE;
	image->number = number;
	image->levels = read_path(image, BPF_CORE_READ(task, mm, exe_file));
	if (config.arguments)
		read_arguments(image, task);
	bpf_ringbuf_submit(image, BPF_RB_NO_WAKEUP); /* an event follows */
	bpf_map_update_elem(&reported_images, &key, &number, BPF_ANY);
	return number;
}

/* Before 5.12 a program cannot count without races: there each processor has numbers of its own */
static __always_inline u32 next_image(enum level level)
{
	u32 processor = bpf_get_smp_processor_id() % PROCESSOR_SLOTS;

	if (swaps(level))
		return __sync_fetch_and_add(&shared.last_image, 1) + 1;
	return ++shared.counters[processor].images * PROCESSOR_SLOTS + processor;
}

static __always_inline u32 image_of(struct task_struct *task, enum level level)
{
	struct image_key key = {};
	struct mm_struct *mm;
	struct file *file;
	const u32 *known;

	if (config.arguments) {
		key.what = (u64)READ(level, task, tgid) << 32 | (u32)BPF_CORE_READ(task, self_exec_id);
		key.which = bpf_core_field_exists(task->start_boottime) ? BPF_CORE_READ(task, group_leader, start_boottime) : 0;
	} else {
		struct dentry *dentry;
		struct inode *inode;

		mm = READ(level, task, mm);
		file = READ_FAR(level, struct mm_struct, mm, exe_file);
		dentry = READ_FAR(level, struct file, file, f_path.dentry);
		key.what = (unsigned long)dentry;
		inode = READ_FAR(level, struct dentry, dentry, d_inode);
		key.which = READ_FAR(level, struct inode, inode, i_ino);
		key.name = READ_FAR(level, struct dentry, dentry, d_name.hash_len);
	}
	if (!key.what)
		return 0;
	known = bpf_map_lookup_elem(&reported_images, &key);
	if (known)
		return *known;
	if (!config.arguments)
		key.what = number_of((const void *)(unsigned long)key.what); /* for the verifier */
	return report_image(number_of(task), key.what, key.which, key.name, next_image(level));
}
