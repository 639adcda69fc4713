/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc/meminfo and /proc/vmstat: memory, swap, faults and reclaim. */
#include "metric/keys.h"
#include "metric/metric.h"
#include "util/array.h"

#define IN_PART "/proc is not mounted, or only in part"

/* ---- /proc/meminfo ---- */

enum {
	LIMIT, FREE, AVAILABLE, CACHED, DIRTY, WRITEBACK, ANON, SHARED, SLAB,
	USED_SHARE, SWAP_LIMIT, SWAP_USED, MEMINFO,
	SWAP_FREE = MEMINFO, SLOTS /* not a metric itself */
};

#define SIZE(name, text) { name, "By", text, PDIAG_METRIC_GAUGE, 1024, NULL }

static const struct pdiag_metric_def meminfo_defs[] = {
	[LIMIT] = SIZE("system.memory.limit", "Memory that the kernel has to give."),
	[FREE] = SIZE("system.memory.free", "Memory that is not used at all."),
	[AVAILABLE] = SIZE("system.memory.available",
		"Memory that programs could have without swapping."),
	[CACHED] = SIZE("system.memory.cached", "Memory that caches files, shared one included."),
	[DIRTY] = SIZE("system.memory.dirty", "Cached memory that has to be written to storage."),
	[WRITEBACK] = SIZE("system.memory.writeback", "Memory that is being written to storage."),
	[ANON] = SIZE("system.memory.anonymous", "Memory of processes that is of no file."),
	[SHARED] = SIZE("system.memory.shared", "Shared memory and tmpfs."),
	[SLAB] = SIZE("system.memory.slab.unreclaimable",
		"Memory of the kernel's own objects that cannot be given back."),
	[USED_SHARE] = { "system.memory.utilization", "1", "Share of memory that is not available.",
		PDIAG_METRIC_GAUGE, 1, NULL },
	[SWAP_LIMIT] = SIZE("system.swap.limit", "Swap space that there is."),
	[SWAP_USED] = SIZE("system.swap.usage", "Swap space in use."),
};

static const struct pdiag_metric_key meminfo_keys[] = {
	PDIAG_METRIC_KEY("MemTotal:", LIMIT), PDIAG_METRIC_KEY("MemFree:", FREE),
	PDIAG_METRIC_KEY("MemAvailable:", AVAILABLE), PDIAG_METRIC_KEY("Cached:", CACHED),
	PDIAG_METRIC_KEY("SwapTotal:", SWAP_LIMIT), PDIAG_METRIC_KEY("SwapFree:", SWAP_FREE),
	PDIAG_METRIC_KEY("Dirty:", DIRTY), PDIAG_METRIC_KEY("Writeback:", WRITEBACK),
	PDIAG_METRIC_KEY("AnonPages:", ANON), PDIAG_METRIC_KEY("Shmem:", SHARED),
	PDIAG_METRIC_KEY("SUnreclaim:", SLAB),
};

static void parse_meminfo(struct pdiag_metric_file *f, const char *text, size_t len,
	struct pdiag_metric_found *found)
{
	uint64_t kb[SLOTS], have;

	have = pdiag_metric_keys(&f->keys, text, len, meminfo_keys, PDIAG_COUNT(meminfo_keys), kb);
	have = pdiag_metric_keys_less(kb, have, SWAP_USED, SWAP_LIMIT, SWAP_FREE);
	pdiag_metric_keys_found(f, kb, have, found);
	if (have >> LIMIT & 1 && have >> AVAILABLE & 1 && kb[LIMIT] &&
		kb[AVAILABLE] <= kb[LIMIT])
		pdiag_metric_gauge(found, USED_SHARE,
			1 - (double)kb[AVAILABLE] / (double)kb[LIMIT]);
}

const struct pdiag_metric_reader pdiag_metric_meminfo = { "proc/meminfo", IN_PART,
	PDIAG_METRICS_MEMORY, MEMINFO, meminfo_defs, parse_meminfo };

/* ---- /proc/vmstat ---- */

enum {
	MAJOR, MINOR, SWAP_IN, SWAP_OUT, SCAN_KSWAPD, SCAN_DIRECT, STEAL_KSWAPD, STEAL_DIRECT,
	REFAULTS, STALLS, COMPACT, OOM, VMSTAT,
	FAULTS = VMSTAT, VMSTAT_SLOTS
};

#define PAGES(name, text) { name, "{page}", text, PDIAG_METRIC_COUNTER, 1, NULL }
#define EVENTS(name, unit, text, lacks) { name, unit, text, PDIAG_METRIC_COUNTER, 1, lacks }

static const struct pdiag_metric_def vmstat_defs[] = {
	[MAJOR] = EVENTS("system.paging.faults.major", "{fault}",
		"Page faults that had to read from storage.", NULL),
	[MINOR] = EVENTS("system.paging.faults.minor", "{fault}",
		"Page faults that did not have to.", NULL),
	[SWAP_IN] = PAGES("system.swap.in", "Pages read from swap space."),
	[SWAP_OUT] = PAGES("system.swap.out", "Pages written to swap space."),
	[SCAN_KSWAPD] = PAGES("system.memory.scanned.background",
		"Pages that the kernel looked at to free memory ahead of need."),
	[SCAN_DIRECT] = PAGES("system.memory.scanned.direct",
		"Pages that threads had to look at to get memory at all."),
	[STEAL_KSWAPD] = PAGES("system.memory.reclaimed.background",
		"Pages that the kernel freed ahead of need."),
	[STEAL_DIRECT] = PAGES("system.memory.reclaimed.direct",
		"Pages that threads had to free to get memory at all."),
	[REFAULTS] = PAGES("system.memory.refaults",
		"Pages that were needed again soon after they were freed."),
	[STALLS] = EVENTS("system.memory.stalls", "{stall}",
		"Times that a thread had to free memory itself to get some.", NULL),
	[COMPACT] = EVENTS("system.memory.compaction_stalls", "{stall}",
		"Times that a thread had to wait for memory to be moved together.",
		"the kernel was built without CONFIG_COMPACTION"),
	[OOM] = EVENTS("system.memory.oom_kills", "{kill}",
		"Processes that were killed for want of memory.",
		"this kernel does not tell it (it does from 4.13 on)"),
};

static const struct pdiag_metric_key vmstat_keys[] = {
	PDIAG_METRIC_KEY("workingset_refault", REFAULTS),
	PDIAG_METRIC_KEY("workingset_refault_anon", REFAULTS),
	PDIAG_METRIC_KEY("workingset_refault_file", REFAULTS),
	PDIAG_METRIC_KEY("pswpin", SWAP_IN), PDIAG_METRIC_KEY("pswpout", SWAP_OUT),
	PDIAG_METRIC_KEY("allocstall_dma", STALLS), PDIAG_METRIC_KEY("allocstall_dma32", STALLS),
	PDIAG_METRIC_KEY("allocstall_normal", STALLS), PDIAG_METRIC_KEY("allocstall_high", STALLS),
	PDIAG_METRIC_KEY("allocstall_movable", STALLS),
	PDIAG_METRIC_KEY("allocstall_device", STALLS),
	PDIAG_METRIC_KEY("pgfault", FAULTS), PDIAG_METRIC_KEY("pgmajfault", MAJOR),
	PDIAG_METRIC_KEY("pgsteal_kswapd", STEAL_KSWAPD),
	PDIAG_METRIC_KEY("pgsteal_direct", STEAL_DIRECT),
	PDIAG_METRIC_KEY("pgscan_kswapd", SCAN_KSWAPD),
	PDIAG_METRIC_KEY("pgscan_direct", SCAN_DIRECT),
	PDIAG_METRIC_KEY("oom_kill", OOM), PDIAG_METRIC_KEY("compact_stall", COMPACT),
};

static void parse_vmstat(struct pdiag_metric_file *f, const char *text, size_t len,
	struct pdiag_metric_found *found)
{
	uint64_t value[VMSTAT_SLOTS], have;

	have = pdiag_metric_keys(&f->keys, text, len, vmstat_keys, PDIAG_COUNT(vmstat_keys), value);
	have = pdiag_metric_keys_less(value, have, MINOR, FAULTS, MAJOR);
	pdiag_metric_keys_found(f, value, have, found);
}

const struct pdiag_metric_reader pdiag_metric_vmstat = { "proc/vmstat", IN_PART,
	PDIAG_METRICS_MEMORY, VMSTAT, vmstat_defs, parse_vmstat };
