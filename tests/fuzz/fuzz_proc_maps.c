/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as /proc/PID/maps, /proc/PID/stat and status; the mappings of a table stay in order. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <pdiag/context.h>

#include "process/proc_maps.h"
#include "process/process.h"
#include "support/memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int update(void *user, const struct pdiag_proc_map *map)
{
	struct pdiag_record r = { .type = PDIAG_RECORD_MMAP, .pid = 10, .tid = 10, .time = 1 };

	if (map->end <= map->start || !map->executable)
		abort();
	r.mmap.start = map->start;
	r.mmap.len = map->end - map->start;
	r.mmap.pgoff = map->pgoff;
	r.mmap.inode = map->inode;
	r.mmap.major = map->major;
	r.mmap.minor = map->minor;
	r.mmap.path = map->path;
	return pdiag_processes_update(user, &r);
}

static void check(struct pdiag_processes *p)
{
	struct pdiag_process *process = pdiag_processes_thread(p, 10, 10, 2)->process;
	uint64_t value;

	for (uint32_t i = 0; i < process->map_count; i++) {
		const struct pdiag_mapping *m = &process->maps[i];

		if (m->start >= m->end || (i && m[-1].end > m->start))
			abort();
		if (pdiag_process_locate(p, process, m->start, false, &value) != m->module)
			abort();
		if (pdiag_process_locate(p, process, m->end - 1, false, &value) != m->module)
			abort();
	}
}

static void others(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct pdiag_proc_stat stat;

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	if (pdiag_proc_ns_pid(text) < 0)
		abort();
	if (pdiag_proc_stat_parse(text, &stat) && strlen(stat.comm) >= PDIAG_COMM_SIZE)
		abort();
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pdiag_processes *p;
	struct pdiag *context;
	int fd;

	if (pdiag_open(NULL, &context) || pdiag_processes_new(context, false, NULL, NULL, &p))
		abort();
	fd = memory_file(data, size);
	pdiag_proc_maps_read(fd, update, p);
	close(fd);
	check(p);
	others(data, size);
	pdiag_processes_free(p);
	pdiag_close(context);
	return 0;
}
