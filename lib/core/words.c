/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words for the public enums. */
#include <pdiag/profile.h>
#include <pdiag/types.h>

#include "util/array.h"

static const char *const reasons[] = {
	[PDIAG_REASON_NONE] = "resolved",
	[PDIAG_REASON_NOT_RESOLVED] = "not looked up yet",
	[PDIAG_REASON_NO_MAPPING] = "no mapping of the process covers the address",
	[PDIAG_REASON_PROCESS_GONE] = "the process ended before its mappings could be read",
	[PDIAG_REASON_NO_PERMISSION] = "the file may not be read",
	[PDIAG_REASON_FILE_GONE] = "the mapped file is deleted and out of reach",
	[PDIAG_REASON_FILE_REPLACED] = "another file stands at its path now",
	[PDIAG_REASON_NOT_ELF] = "the file is not ELF, or malformed",
	[PDIAG_REASON_NO_SYMBOLS] = "the file has no symbols and no debug file was found",
	[PDIAG_REASON_NO_MATCH] = "no symbol covers the address",
	[PDIAG_REASON_DEBUG_MISMATCH] = "the debug file has another build-id",
	[PDIAG_REASON_NO_PERF_MAP] = "code made at run time, and no perf map",
	[PDIAG_REASON_KERNEL_HIDDEN] = "kptr_restrict hides kernel addresses",
	[PDIAG_REASON_OTHER_BOOT] = "a kernel address of another boot or machine",
	[PDIAG_REASON_OUT_OF_MEMORY] = "out of memory",
};

static const char *const states[] = {
	[PDIAG_STATE_RUNNING] = "running",
	[PDIAG_STATE_PREEMPTED] = "preempted",
	[PDIAG_STATE_BLOCKED] = "blocked",
	[PDIAG_STATE_FUTEX] = "futex",
	[PDIAG_STATE_IO] = "io",
	[PDIAG_STATE_SLEEP] = "sleep",
	[PDIAG_STATE_POLL] = "poll",
	[PDIAG_STATE_NETWORK] = "network",
	[PDIAG_STATE_PIPE] = "pipe",
	[PDIAG_STATE_LOCK] = "lock",
	[PDIAG_STATE_CHILD] = "child",
	[PDIAG_STATE_PAGE_FAULT] = "page fault",
};

static const char *const losses[] = {
	[PDIAG_LOSS_OVERRUN] = "overrun",
	[PDIAG_LOSS_THROTTLED] = "throttled",
	[PDIAG_LOSS_MEMORY] = "memory",
	[PDIAG_LOSS_CORRUPT] = "corrupt",
	[PDIAG_LOSS_CUT] = "cut",
	[PDIAG_LOSS_UNPAIRED] = "unpaired",
	[PDIAG_LOSS_SHORT] = "short",
	[PDIAG_LOSS_SWITCHES] = "switches",
	[PDIAG_LOSS_TASKS] = "tasks",
};

static const char *word(const char *const *words, size_t count, unsigned int i)
{
	return i < count ? words[i] : "unknown";
}

const char *pdiag_reason_text(uint32_t reason)
{
	return word(reasons, PDIAG_COUNT(reasons), reason);
}

const char *pdiag_state_text(uint32_t state)
{
	return word(states, PDIAG_COUNT(states), state);
}

const char *pdiag_loss_text(uint32_t reason)
{
	return word(losses, PDIAG_COUNT(losses), reason);
}
