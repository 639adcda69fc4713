/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stacks as kernels from 5.10 to 7.x have them, leaf first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "symbol/symbolizer.h"

#define TAIL "do_syscall_64 entry_SYSCALL_64_after_hwframe"
#define FAULT "handle_mm_fault do_user_addr_fault exc_page_fault asm_exc_page_fault"

/* Names with blanks between; "u:" before a name makes it a user frame, "?" one without a name. */
static enum pdiag_state cause_of(const char *stack)
{
	const struct pdiag_symbol *frames[64];
	struct pdiag_symbol symbols[64];
	char text[2048], *name, *rest = text;
	uint32_t depth = 0;

	strcpy(text, stack);
	while ((name = strsep(&rest, " "))) {
		symbols[depth] = (struct pdiag_symbol){ .name = name,
			.kind = PDIAG_FRAME_KERNEL };
		if (!strncmp(name, "u:", 2)) {
			symbols[depth].name = name + 2;
			symbols[depth].kind = PDIAG_FRAME_USER;
		} else if (!strncmp(name, "m:", 2)) {
			symbols[depth].name = name + 2;
			symbols[depth].kind = PDIAG_FRAME_MARK;
		} else if (name[0] == '?') {
			symbols[depth].name = "[unknown kernel]";
			symbols[depth].kind = PDIAG_FRAME_UNRESOLVED;
		}
		frames[depth] = &symbols[depth];
		depth++;
	}
	return pdiag_wait_cause(frames, depth);
}

/* What its waker did is not what a thread waits for. */
static void behind_the_waker(void **state)
{
	(void)state;
	assert_int_equal(cause_of("m:waker u:main do_futex futex_wake m:-- __schedule schedule "
		"pipe_read vfs_read " TAIL), PDIAG_STATE_PIPE);
	assert_int_equal(cause_of("m:waker m:-- do_futex"), PDIAG_STATE_FUTEX);
	assert_int_equal(cause_of("m:waker do_futex m:--"), PDIAG_STATE_BLOCKED);
	assert_int_equal(cause_of("m:waker do_futex"), PDIAG_STATE_BLOCKED);
}

static void known_stacks(void **state)
{
	static const struct {
		const char *stack;
		enum pdiag_state cause;
	} cases[] = {
		{ "__schedule schedule futex_wait_queue_me futex_wait do_futex "
		  "__x64_sys_futex " TAIL, PDIAG_STATE_FUTEX },
		{ "__schedule schedule futex_do_wait __futex_wait futex_wait do_futex "
		  "__x64_sys_futex " TAIL, PDIAG_STATE_FUTEX },
		{ "__schedule schedule rt_mutex_schedule rt_mutex_slowlock_block.constprop.0 "
		  "rt_mutex_wait_proxy_lock futex_lock_pi do_futex " TAIL, PDIAG_STATE_FUTEX },
		{ "__schedule rt_mutex_slowlock.constprop.0 i2c_transfer " TAIL,
			PDIAG_STATE_LOCK },
		{ "__schedule schedule io_schedule folio_wait_bit_common filemap_read "
		  "ext4_file_read_iter vfs_read ksys_read " TAIL, PDIAG_STATE_IO },
		{ "__schedule schedule io_schedule wait_on_page_bit_common "
		  "generic_file_buffered_read " TAIL, PDIAG_STATE_IO },
		{ "__schedule schedule jbd2_log_wait_commit jbd2_complete_transaction "
		  "ext4_fsync_journal ext4_sync_file do_fsync " TAIL, PDIAG_STATE_IO },
		{ "__schedule schedule schedule_timeout wait_for_completion "
		  "__flush_work xlog_cil_push_now.isra.0 xfs_log_force_seq " TAIL, PDIAG_STATE_IO },
		{ "__schedule schedule blk_mq_get_tag __blk_mq_alloc_requests " TAIL,
			PDIAG_STATE_IO },
		{ "__schedule schedule request_wait_answer fuse_simple_request " TAIL,
			PDIAG_STATE_IO },
		{ "__schedule schedule io_schedule folio_wait_bit_common __folio_lock_or_retry "
		  "filemap_fault __do_fault do_fault __handle_mm_fault " FAULT,
			PDIAG_STATE_PAGE_FAULT },
		{ "__schedule schedule io_schedule folio_wait_bit_common do_swap_page " FAULT
		  " copy_to_user pipe_read vfs_read " TAIL, PDIAG_STATE_PAGE_FAULT },
		{ "__schedule schedule handle_userfault do_anonymous_page " FAULT,
			PDIAG_STATE_PAGE_FAULT },
		{ "__schedule schedule rwsem_down_read_slowpath down_read_killable "
		  "lock_mm_and_find_vma do_user_addr_fault exc_page_fault", PDIAG_STATE_LOCK },
		{ "__schedule schedule schedule_preempt_disabled __mutex_lock.constprop.0 "
		  "__mutex_lock_slowpath mutex_lock ext4_map_blocks " TAIL, PDIAG_STATE_LOCK },
		{ "__schedule schedule percpu_rwsem_wait __percpu_down_read sb_start_write " TAIL,
			PDIAG_STATE_LOCK },
		{ "__schedule schedule schedule_timeout __down_common __down down " TAIL,
			PDIAG_STATE_LOCK },
		{ "__schedule schedule locks_lock_inode_wait __do_sys_flock " TAIL,
			PDIAG_STATE_LOCK },
		{ "__schedule schedule do_nanosleep hrtimer_nanosleep common_nsleep "
		  "__x64_sys_clock_nanosleep " TAIL, PDIAG_STATE_SLEEP },
		{ "__schedule schedule schedule_hrtimeout_range_clock schedule_hrtimeout_range "
		  "ep_poll do_epoll_wait " TAIL, PDIAG_STATE_POLL },
		{ "__schedule schedule schedule_hrtimeout_range_clock "
		  "poll_schedule_timeout.constprop.0 do_sys_poll __se_sys_poll " TAIL,
			PDIAG_STATE_POLL },
		{ "__schedule schedule schedule_hrtimeout_range do_select core_sys_select " TAIL,
			PDIAG_STATE_POLL },
		{ "__schedule schedule schedule_timeout __ia32_sys_epoll_wait " TAIL,
			PDIAG_STATE_POLL },
		{ "__schedule schedule pipe_wait_readable pipe_read " TAIL, PDIAG_STATE_PIPE },
		{ "__schedule schedule pipe_read vfs_read " TAIL, PDIAG_STATE_PIPE },
		{ "__schedule schedule anon_pipe_write vfs_write " TAIL, PDIAG_STATE_PIPE },
		{ "__schedule schedule schedule_timeout wait_woken sk_wait_data "
		  "tcp_recvmsg_locked tcp_recvmsg inet_recvmsg " TAIL, PDIAG_STATE_NETWORK },
		{ "__schedule schedule schedule_timeout inet_csk_accept inet_accept " TAIL,
			PDIAG_STATE_NETWORK },
		{ "__schedule schedule schedule_timeout unix_stream_read_generic "
		  "unix_stream_recvmsg sock_recvmsg " TAIL, PDIAG_STATE_NETWORK },
		{ "__schedule schedule schedule_timeout __skb_wait_for_more_packets "
		  "__skb_recv_udp udp_recvmsg " TAIL, PDIAG_STATE_NETWORK },
		{ "__schedule schedule do_wait kernel_wait4 __do_sys_wait4 " TAIL,
			PDIAG_STATE_CHILD },
		{ "__schedule schedule schedule_timeout wait_for_completion_state "
		  "wait_for_vfork_done kernel_clone " TAIL, PDIAG_STATE_CHILD },
		{ "__schedule schedule __do_semtimedop do_semtimedop " TAIL, PDIAG_STATE_FUTEX },
		{ "__schedule schedule do_wait_intr eventfd_read vfs_read " TAIL,
			PDIAG_STATE_BLOCKED },
		{ "__schedule schedule worker_thread kthread ret_from_fork",
			PDIAG_STATE_BLOCKED },
		{ "__schedule schedule ? ? do_nanosleep", PDIAG_STATE_SLEEP },
		{ "? ? ?", PDIAG_STATE_BLOCKED },
		/* Names of user code say nothing. */
		{ "__schedule schedule u:do_nanosleep u:futex_wait", PDIAG_STATE_BLOCKED },
		{ "u:do_nanosleep", PDIAG_STATE_BLOCKED },
		/* The whole name counts, where the table has no star. */
		{ "__schedule do_waiting", PDIAG_STATE_BLOCKED },
		{ "__schedule download", PDIAG_STATE_BLOCKED },
		{ "_ . __", PDIAG_STATE_BLOCKED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (cause_of(cases[i].stack) != cases[i].cause)
			fail_msg("%s: %s", cases[i].stack,
				pdiag_state_text(cause_of(cases[i].stack)));
	assert_int_equal(pdiag_wait_cause(NULL, 0), PDIAG_STATE_BLOCKED);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(known_stacks),
		cmocka_unit_test(behind_the_waker) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
