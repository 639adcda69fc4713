/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The names of classes and quantities. */
#include "portrait/portrait.h"
#include "util/array.h"

static const char *const classes[] = {
	[PDIAG_CLASS_UNKNOWN] = "unknown",
	[PDIAG_CLASS_IDLE] = "idle",
	[PDIAG_CLASS_CPU] = "cpu",
	[PDIAG_CLASS_MEMORY] = "memory",
	[PDIAG_CLASS_STORAGE] = "storage",
	[PDIAG_CLASS_NETWORK] = "network",
	[PDIAG_CLASS_LOCK] = "lock",
	[PDIAG_CLASS_SCHEDULER] = "scheduler",
};

static const struct {
	const char *name, *unit;
} quantities[PDIAG_QUANTITY_COUNT] = {
	[PDIAG_QUANTITY_CPU_USER] = { "cpu_user", "s/s" },
	[PDIAG_QUANTITY_CPU_SYSTEM] = { "cpu_system", "s/s" },
	[PDIAG_QUANTITY_RUN_DELAY] = { "run_delay", "s/s" },
	[PDIAG_QUANTITY_VOLUNTARY] = { "switches_voluntary", "{switch}/s" },
	[PDIAG_QUANTITY_INVOLUNTARY] = { "switches_involuntary", "{switch}/s" },
	[PDIAG_QUANTITY_FAULTS_MINOR] = { "faults_minor", "{fault}/s" },
	[PDIAG_QUANTITY_FAULTS_MAJOR] = { "faults_major", "{fault}/s" },
	[PDIAG_QUANTITY_RESIDENT] = { "resident", "By" },
	[PDIAG_QUANTITY_GROWTH] = { "growth", "By/s" },
	[PDIAG_QUANTITY_STORAGE_READ] = { "storage_read", "By/s" },
	[PDIAG_QUANTITY_STORAGE_WRITE] = { "storage_written", "By/s" },
	[PDIAG_QUANTITY_CALLS_READ] = { "calls_read", "{call}/s" },
	[PDIAG_QUANTITY_CALLS_WRITE] = { "calls_write", "{call}/s" },
	[PDIAG_QUANTITY_THREADS] = { "threads", "{thread}" },
	[PDIAG_QUANTITY_BLOCKED_IO] = { "blocked_io", "s/s" },
	[PDIAG_QUANTITY_MIGRATIONS] = { "migrations", "{migration}/s" },
	[PDIAG_QUANTITY_CHILDREN_CPU] = { "children_cpu", "s/s" },
	[PDIAG_QUANTITY_OFF_FUTEX] = { "off_futex", "s/s" },
	[PDIAG_QUANTITY_OFF_IO] = { "off_io", "s/s" },
	[PDIAG_QUANTITY_OFF_NETWORK] = { "off_network", "s/s" },
	[PDIAG_QUANTITY_OFF_LOCK] = { "off_lock", "s/s" },
	[PDIAG_QUANTITY_OFF_OTHER] = { "off_other", "s/s" },
};

const char *pdiag_class_text(uint32_t klass)
{
	return klass < PDIAG_COUNT(classes) ? classes[klass] : "unknown";
}

const char *pdiag_quantity_text(uint32_t quantity)
{
	return quantity < PDIAG_QUANTITY_COUNT ? quantities[quantity].name : "unknown";
}

const char *pdiag_quantity_unit(uint32_t quantity)
{
	return quantity < PDIAG_QUANTITY_COUNT ? quantities[quantity].unit : "";
}
