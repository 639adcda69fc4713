/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The executable mappings of a process, read from /proc/PID/maps. */
#ifndef PDIAG_PROCESS_PROC_MAPS_H
#define PDIAG_PROCESS_PROC_MAPS_H

#include "decode/record.h"
#include "process/proc_text.h"

/* What an MMAP record says of this mapping. */
void pdiag_proc_map_fill(const struct pdiag_proc_map *map, struct pdiag_record *out);

/* Anything but 0 ends the walk and is returned. */
typedef int (*pdiag_proc_map_fn)(void *user, const struct pdiag_proc_map *map);

/*
 * Walk the executable mappings. 0, what fn returned, or a negative errno: -ESRCH (no such
 * process), -EACCES, -ENOMEM, -EMFILE. A process without any memory gives -ESRCH, too: it is
 * about to end.
 */
int pdiag_proc_maps_each(int32_t pid, pdiag_proc_map_fn fn, void *user);

/* The same over an open file. */
int pdiag_proc_maps_read(int fd, pdiag_proc_map_fn fn, void *user);

#endif
