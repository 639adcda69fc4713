/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What flight recorders of all sources share: how much room they need, and when they are frozen. */
#ifndef PDIAG_SOURCE_FLIGHT_H
#define PDIAG_SOURCE_FLIGHT_H

#include "source/source.h"

/* Context switches a second that there is room for; more are held for a shorter time. */
#define PDIAG_FLIGHT_SWITCHES 1000u

/* Bytes that samples of these events take on a CPU in config->flight_sec seconds. */
uint64_t pdiag_flight_bytes(const struct pdiag_source_config *config, uint32_t events);
/* Is there memory for `bytes` on each CPU? 0 or -EINVAL with its sentence. */
int pdiag_flight_check(const struct pdiag_source_config *config, uint64_t bytes, uint32_t cpus);

/* A file descriptor that is readable while there is something to hand out. -1: out of them. */
int pdiag_flight_fd(void);
/* Nothing is written any more; after this no record is too young to be put in order. */
void pdiag_flight_settle(void);
/* It is frozen since `time`, and nothing is missing from `whole` on; fd is told. */
void pdiag_flight_freeze(struct pdiag_source_flight *f, int fd, uint64_t time, uint64_t whole);
/* All that was held has been handed out. */
void pdiag_flight_read(struct pdiag_source_flight *f, int fd);
/* It begins anew. */
void pdiag_flight_begin(struct pdiag_source_flight *f, int fd, uint64_t time);

#endif
