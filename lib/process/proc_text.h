/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of files below /proc/PID, taken apart. Nothing in it is trusted. */
#ifndef PDIAG_PROCESS_PROC_TEXT_H
#define PDIAG_PROCESS_PROC_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of a thread's name, with its NUL; the kernel's TASK_COMM_LEN. */
#define PDIAG_COMM_SIZE 16

/* One line of /proc/PID/maps. */
struct pdiag_proc_map {
	uint64_t start, end, pgoff, inode;
	uint32_t major, minor;
	bool executable;
	char *path; /* in the line; "" for anonymous memory */
};

/* Parse the line, whose newline may be there or not; it is written to. text[len] must be
 * writable. False: no such line. */
bool pdiag_proc_map_parse(char *text, size_t len, struct pdiag_proc_map *out);

/* What is needed of /proc/PID/stat. */
struct pdiag_proc_stat {
	char comm[PDIAG_COMM_SIZE];
	char state;
	int32_t ppid;
	bool kernel_thread;
	uint64_t threads;     /* not yet reaped, itself included */
	uint64_t start_ticks; /* since boot, of sysconf(_SC_CLK_TCK) */
};

bool pdiag_proc_stat_parse(char *text, struct pdiag_proc_stat *out);

/*
 * A name as /proc shows it, brought to what the kernel's events carry: 15 bytes, and a kworker
 * without the work it happens to do.
 */
void pdiag_proc_comm(char out[PDIAG_COMM_SIZE], const char *text, size_t len);

/* The innermost pid in the NSpid line of /proc/PID/status; 0: there is none. */
int32_t pdiag_proc_ns_pid(const char *status);

#endif
