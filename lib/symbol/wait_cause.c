/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a blocked thread waits for, told by the kernel functions on its stack.
 *
 * The first function that is known, from the leaf on, tells: it is the nearest to the wait itself.
 * A mutex taken by a file system is a LOCK, not IO. What is used for many purposes (schedule,
 * schedule_timeout, wait_for_completion, __wait_on_bit) is not in the table, so that the function
 * which used it decides. Two causes are made more precise by what is further out: storage that is
 * waited for on behalf of a page fault is a PAGE_FAULT, and the lock of a futex that inherits
 * priority is a FUTEX.
 *
 * Names are those of Linux 5.10 to 7.x. Leading underscores and what the compiler puts behind a
 * dot (.isra.0, .constprop.0, .part.0, .llvm.NUMBER) are left aside.
 */
#include <string.h>

#include "symbol/symbolizer.h"
#include "util/array.h"

struct cause {
	const char *name; /* up to a final '*': how the function's name begins */
	enum pdiag_state state;
};

static const struct cause causes[] = {
	{ "anon_pipe_read", PDIAG_STATE_PIPE },
	{ "anon_pipe_write", PDIAG_STATE_PIPE },
	{ "asm_exc_page_fault", PDIAG_STATE_PAGE_FAULT },
	{ "balance_dirty_pages*", PDIAG_STATE_IO },
	{ "bit_wait_io*", PDIAG_STATE_IO },
	{ "blk_*", PDIAG_STATE_IO },
	{ "blkdev_*", PDIAG_STATE_IO },
	{ "block_read_full_*", PDIAG_STATE_IO },
	{ "btrfs_*", PDIAG_STATE_IO },
	{ "ceph_*", PDIAG_STATE_IO },
	{ "clock_nanosleep*", PDIAG_STATE_SLEEP },
	{ "common_nsleep*", PDIAG_STATE_SLEEP },
	{ "core_sys_select", PDIAG_STATE_POLL },
	{ "dio_*", PDIAG_STATE_IO },
	{ "do_epoll_*", PDIAG_STATE_POLL },
	{ "do_futex", PDIAG_STATE_FUTEX },
	{ "do_mem_abort", PDIAG_STATE_PAGE_FAULT },
	{ "do_nanosleep", PDIAG_STATE_SLEEP },
	{ "do_page_fault", PDIAG_STATE_PAGE_FAULT },
	{ "do_poll", PDIAG_STATE_POLL },
	{ "do_pselect", PDIAG_STATE_POLL },
	{ "do_select", PDIAG_STATE_POLL },
	{ "do_semtimedop", PDIAG_STATE_FUTEX },
	{ "do_swap_page", PDIAG_STATE_PAGE_FAULT },
	{ "do_sys_poll", PDIAG_STATE_POLL },
	{ "do_user_addr_fault", PDIAG_STATE_PAGE_FAULT },
	{ "do_wait", PDIAG_STATE_CHILD },
	{ "down", PDIAG_STATE_LOCK },
	{ "down_common", PDIAG_STATE_LOCK },
	{ "down_interruptible", PDIAG_STATE_LOCK },
	{ "down_killable", PDIAG_STATE_LOCK },
	{ "down_read*", PDIAG_STATE_LOCK },
	{ "down_timeout", PDIAG_STATE_LOCK },
	{ "down_write*", PDIAG_STATE_LOCK },
	{ "ep_poll", PDIAG_STATE_POLL },
	{ "erofs_*", PDIAG_STATE_IO },
	{ "exc_page_fault", PDIAG_STATE_PAGE_FAULT },
	{ "ext4_*", PDIAG_STATE_IO },
	{ "f2fs_*", PDIAG_STATE_IO },
	{ "fcntl_setlk*", PDIAG_STATE_LOCK },
	{ "fifo_open", PDIAG_STATE_PIPE },
	{ "fifo_pipe_*", PDIAG_STATE_PIPE },
	{ "file_write_and_wait*", PDIAG_STATE_IO },
	{ "filemap_fault", PDIAG_STATE_PAGE_FAULT },
	{ "filemap_*", PDIAG_STATE_IO },
	{ "flock_lock_inode_wait", PDIAG_STATE_LOCK },
	{ "folio_lock*", PDIAG_STATE_IO },
	{ "folio_wait_*", PDIAG_STATE_IO },
	{ "fuse_*", PDIAG_STATE_IO },
	{ "futex_*", PDIAG_STATE_FUTEX },
	{ "generic_file_*", PDIAG_STATE_IO },
	{ "handle_mm_fault", PDIAG_STATE_PAGE_FAULT },
	{ "handle_userfault", PDIAG_STATE_PAGE_FAULT },
	{ "hrtimer_nanosleep*", PDIAG_STATE_SLEEP },
	{ "inet6_*", PDIAG_STATE_NETWORK },
	{ "inet_*", PDIAG_STATE_NETWORK },
	{ "io_cqring_wait", PDIAG_STATE_IO },
	{ "io_schedule*", PDIAG_STATE_IO },
	{ "iomap_*", PDIAG_STATE_IO },
	{ "ipipe_prep", PDIAG_STATE_PIPE },
	{ "jbd2_*", PDIAG_STATE_IO },
	{ "kernel_wait", PDIAG_STATE_CHILD },
	{ "kernel_wait4", PDIAG_STATE_CHILD },
	{ "kernel_waitid*", PDIAG_STATE_CHILD },
	{ "lock_page*", PDIAG_STATE_IO },
	{ "lock_sock*", PDIAG_STATE_LOCK },
	{ "locks_lock_inode_wait", PDIAG_STATE_LOCK },
	{ "msleep*", PDIAG_STATE_SLEEP },
	{ "mutex_lock*", PDIAG_STATE_LOCK },
	{ "netlink_*", PDIAG_STATE_NETWORK },
	{ "nfs4_*", PDIAG_STATE_IO },
	{ "nfs_*", PDIAG_STATE_IO },
	{ "opipe_prep", PDIAG_STATE_PIPE },
	{ "p9_client_*", PDIAG_STATE_IO },
	{ "packet_*", PDIAG_STATE_NETWORK },
	{ "percpu_down_*", PDIAG_STATE_LOCK },
	{ "percpu_rwsem_wait*", PDIAG_STATE_LOCK },
	{ "pipe_read", PDIAG_STATE_PIPE },
	{ "pipe_wait*", PDIAG_STATE_PIPE },
	{ "pipe_write", PDIAG_STATE_PIPE },
	{ "poll_schedule_timeout*", PDIAG_STATE_POLL },
	{ "posix_lock_inode_wait", PDIAG_STATE_LOCK },
	{ "read_events", PDIAG_STATE_IO },
	{ "request_wait_answer", PDIAG_STATE_IO },
	{ "rpc_*", PDIAG_STATE_IO },
	{ "rq_qos_*", PDIAG_STATE_IO },
	{ "rt_mutex_*", PDIAG_STATE_LOCK },
	{ "rt_spin_lock*", PDIAG_STATE_LOCK },
	{ "rtlock_*", PDIAG_STATE_LOCK },
	{ "rwbase_*", PDIAG_STATE_LOCK },
	{ "rwsem_*", PDIAG_STATE_LOCK },
	{ "sctp_*", PDIAG_STATE_NETWORK },
	{ "sk_stream_wait*", PDIAG_STATE_NETWORK },
	{ "sk_wait_*", PDIAG_STATE_NETWORK },
	{ "skb_recv_*", PDIAG_STATE_NETWORK },
	{ "skb_wait_*", PDIAG_STATE_NETWORK },
	{ "smb2_*", PDIAG_STATE_IO },
	{ "sock_*", PDIAG_STATE_NETWORK },
	{ "splice_from_pipe*", PDIAG_STATE_PIPE },
	{ "start_this_handle", PDIAG_STATE_IO },
	{ "submit_bio_wait*", PDIAG_STATE_IO },
	{ "sync_dirty_buffer", PDIAG_STATE_IO },
	{ "sync_inodes_*", PDIAG_STATE_IO },
	{ "sys_accept*", PDIAG_STATE_NETWORK },
	{ "sys_clock_nanosleep*", PDIAG_STATE_SLEEP },
	{ "sys_connect", PDIAG_STATE_NETWORK },
	{ "sys_epoll_*", PDIAG_STATE_POLL },
	{ "sys_fdatasync", PDIAG_STATE_IO },
	{ "sys_flock", PDIAG_STATE_LOCK },
	{ "sys_fsync", PDIAG_STATE_IO },
	{ "sys_futex*", PDIAG_STATE_FUTEX },
	{ "sys_io_getevents*", PDIAG_STATE_IO },
	{ "sys_nanosleep*", PDIAG_STATE_SLEEP },
	{ "sys_poll", PDIAG_STATE_POLL },
	{ "sys_ppoll*", PDIAG_STATE_POLL },
	{ "sys_pselect6*", PDIAG_STATE_POLL },
	{ "sys_recv*", PDIAG_STATE_NETWORK },
	{ "sys_select", PDIAG_STATE_POLL },
	{ "sys_semop", PDIAG_STATE_FUTEX },
	{ "sys_semtimedop*", PDIAG_STATE_FUTEX },
	{ "sys_sendfile*", PDIAG_STATE_IO },
	{ "sys_send*", PDIAG_STATE_NETWORK },
	{ "sys_sync*", PDIAG_STATE_IO },
	{ "sys_wait4", PDIAG_STATE_CHILD },
	{ "sys_waitid", PDIAG_STATE_CHILD },
	{ "tcp_*", PDIAG_STATE_NETWORK },
	{ "timerfd_read*", PDIAG_STATE_SLEEP },
	{ "tipc_*", PDIAG_STATE_NETWORK },
	{ "udp*", PDIAG_STATE_NETWORK },
	{ "unix_*", PDIAG_STATE_NETWORK },
	{ "usleep_range*", PDIAG_STATE_SLEEP },
	{ "vfs_fsync*", PDIAG_STATE_IO },
	{ "vsock_*", PDIAG_STATE_NETWORK },
	{ "wait_current_trans", PDIAG_STATE_IO },
	{ "wait_for_partner", PDIAG_STATE_PIPE },
	{ "wait_for_vfork_done", PDIAG_STATE_CHILD },
	{ "wait_on_buffer", PDIAG_STATE_IO },
	{ "wait_on_page_*", PDIAG_STATE_IO },
	{ "wait_transaction_*", PDIAG_STATE_IO },
	{ "wb_wait_for_completion", PDIAG_STATE_IO },
	{ "wbt_wait*", PDIAG_STATE_IO },
	{ "ww_mutex_lock*", PDIAG_STATE_LOCK },
	{ "xfs_*", PDIAG_STATE_IO },
	{ "xlog_*", PDIAG_STATE_IO },
	{ "zfs_*", PDIAG_STATE_IO },
};

/* The part of a function's name that its source has. */
static const char *plain(const char *name, size_t *len)
{
	static const char *const wrappers[] = { "x64_sys_", "ia32_sys_", "arm64_sys_", "se_sys_" };
	size_t n;

	name += strspn(name, "_");
	for (size_t i = 0; i < PDIAG_COUNT(wrappers); i++) {
		n = strlen(wrappers[i]);
		if (!strncmp(name, wrappers[i], n)) {
			name += n - strlen("sys_");
			break;
		}
	}
	*len = strcspn(name, ".");
	return name;
}

static enum pdiag_state classify(const char *name, size_t len)
{
	for (size_t i = 0; i < PDIAG_COUNT(causes); i++) {
		const char *want = causes[i].name;
		size_t n;

		if (want[0] != name[0])
			continue;
		n = strlen(want);
		if (want[n - 1] == '*' ? len >= n - 1 && !memcmp(name, want, n - 1) :
					 len == n && !memcmp(name, want, n))
			return causes[i].state;
	}
	return PDIAG_STATE_BLOCKED;
}

static bool is_kernel(const struct pdiag_symbol *s)
{
	return s->kind == PDIAG_FRAME_KERNEL || s->kind == PDIAG_FRAME_UNRESOLVED;
}

/* Where the thread's own stack begins, if that of who woke it is above. */
static uint32_t own_part(const struct pdiag_symbol *const *frames, uint32_t depth)
{
	if (!depth || !frames[0] || frames[0]->kind != PDIAG_FRAME_MARK)
		return 0;
	for (uint32_t i = 0; i < depth && frames[i]; i++)
		if (frames[i]->kind == PDIAG_FRAME_MARK &&
			!strcmp(frames[i]->name, PDIAG_WAKER_MARK))
			return i + 1;
	return 0;
}

enum pdiag_state pdiag_wait_cause(const struct pdiag_symbol *const *frames, uint32_t depth)
{
	enum pdiag_state cause = PDIAG_STATE_BLOCKED, state;
	bool proxy = false; /* a lock that may be a futex's */
	const char *name;
	size_t len;

	for (uint32_t i = own_part(frames, depth);
		i < depth && frames[i] && is_kernel(frames[i]); i++) {
		if (frames[i]->kind != PDIAG_FRAME_KERNEL)
			continue;
		name = plain(frames[i]->name, &len);
		state = classify(name, len);
		if (cause == PDIAG_STATE_BLOCKED) {
			cause = state;
			proxy = !strncmp(name, "rt_mutex_", 9);
			if (cause != PDIAG_STATE_BLOCKED && cause != PDIAG_STATE_IO && !proxy)
				break;
		} else if (cause == PDIAG_STATE_IO && state == PDIAG_STATE_PAGE_FAULT) {
			return state;
		} else if (proxy && state == PDIAG_STATE_FUTEX) {
			return state;
		}
	}
	return cause;
}
