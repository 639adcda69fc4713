/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records of every type with random content, and whether two are the same. */
#ifndef TESTS_SUPPORT_RANDOM_RECORD_H
#define TESTS_SUPPORT_RANDOM_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "decode/record.h"

#define RANDOM_IPS 40
#define RANDOM_TEXT 200

/* A record and what it points at. */
struct random_record {
	struct pdiag_record record;
	uint64_t ips[RANDOM_IPS];
	char text[3][RANDOM_TEXT];
};

/* splitmix64: the same numbers for the same seed everywhere. */
static inline uint64_t random_u64(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* Of any length from 0, of any bytes but NUL. */
static inline const char *random_text(uint64_t *seed, char *text)
{
	size_t len = random_u64(seed) % RANDOM_TEXT;

	for (size_t i = 0; i < len; i++)
		text[i] = (char)(1 + random_u64(seed) % 255);
	text[len] = '\0';
	return text;
}

static inline const uint64_t *random_ips(uint64_t *seed, struct random_record *r, uint32_t *nr)
{
	*nr = (uint32_t)(random_u64(seed) % (RANDOM_IPS + 1));
	for (uint32_t i = 0; i < *nr; i++)
		r->ips[i] = random_u64(seed);
	return r->ips;
}

static inline void random_body(uint64_t *seed, struct random_record *to)
{
	struct pdiag_record *r = &to->record;

	switch ((enum pdiag_record_type)r->type) {
	case PDIAG_RECORD_INFO:
		r->info.realtime = random_u64(seed);
		r->info.period_ns = random_u64(seed);
		r->info.boot_id[0] = random_u64(seed);
		r->info.boot_id[1] = random_u64(seed);
		r->info.hz = (uint32_t)random_u64(seed);
		r->info.events = (uint32_t)random_u64(seed);
		r->info.cpus = (uint32_t)random_u64(seed);
		r->info.kernel = (uint32_t)random_u64(seed);
		break;
	case PDIAG_RECORD_MMAP:
		r->mmap.start = random_u64(seed) >> 1;
		r->mmap.len = random_u64(seed) >> 1;
		r->mmap.pgoff = random_u64(seed);
		r->mmap.inode = random_u64(seed);
		r->mmap.generation = random_u64(seed);
		r->mmap.major = (uint32_t)random_u64(seed);
		r->mmap.minor = (uint32_t)random_u64(seed);
		r->mmap.path = random_text(seed, to->text[0]);
		break;
	case PDIAG_RECORD_COMM:
		r->comm.text = random_text(seed, to->text[0]);
		break;
	case PDIAG_RECORD_FORK:
		r->fork.ppid = (int32_t)random_u64(seed);
		r->fork.ptid = (int32_t)random_u64(seed);
		break;
	case PDIAG_RECORD_STACK:
		r->stack.id = (uint32_t)random_u64(seed);
		r->stack.ips = random_ips(seed, to, &r->stack.nr);
		break;
	case PDIAG_RECORD_SAMPLE:
		r->sample.weight = random_u64(seed);
		r->sample.state = random_u64(seed) % (PDIAG_STATE_PAGE_FAULT + 1);
		r->sample.flags = random_u64(seed) % 8;
		r->flags &= (uint16_t)~PDIAG_RECORD_WAKER;
		if (random_u64(seed) % 2)
			r->sample.stack = (uint32_t)random_u64(seed);
		else
			r->sample.ips = random_ips(seed, to, &r->sample.nr);
		if (r->sample.ips || random_u64(seed) % 2)
			break;
		r->flags |= PDIAG_RECORD_WAKER;
		r->sample.waker_stack = (uint32_t)random_u64(seed);
		r->sample.waker_pid = (int32_t)random_u64(seed);
		r->sample.waker_tid = (int32_t)random_u64(seed);
		break;
	case PDIAG_RECORD_LOSS:
		r->loss.events = random_u64(seed);
		r->loss.reason = random_u64(seed) % (PDIAG_LOSS_LAST + 1);
		r->loss.pid = (int32_t)random_u64(seed);
		break;
	case PDIAG_RECORD_MODULE:
		r->module.id = (uint32_t)random_u64(seed);
		r->module.kind = random_u64(seed) % 5;
		r->module.reason = random_u64(seed) % (PDIAG_REASON_OUT_OF_MEMORY + 1);
		r->module.inode = random_u64(seed);
		r->module.generation = random_u64(seed);
		r->module.born = random_u64(seed);
		r->module.major = (uint32_t)random_u64(seed);
		r->module.minor = (uint32_t)random_u64(seed);
		r->module.pid = (int32_t)random_u64(seed);
		r->module.path = random_text(seed, to->text[0]);
		break;
	case PDIAG_RECORD_NAME:
		r->name.value = random_u64(seed);
		r->name.address = random_u64(seed);
		r->name.size = random_u64(seed);
		r->name.offset = random_u64(seed);
		r->name.kind = random_u64(seed) % (PDIAG_FRAME_MARK + 1);
		r->name.reason = random_u64(seed) % (PDIAG_REASON_OUT_OF_MEMORY + 1);
		r->name.name = random_text(seed, to->text[0]);
		r->name.raw_name = random_u64(seed) % 2 ? r->name.name :
							  random_text(seed, to->text[1]);
		r->name.module = random_text(seed, to->text[2]);
		break;
	case PDIAG_RECORD_EXIT:
	case PDIAG_RECORD_SWITCH:
	case PDIAG_RECORD_FORGET:
	case PDIAG_RECORD_END:
	case PDIAG_RECORD_NONE:
		break;
	}
}

static inline const struct pdiag_record *random_record(uint64_t *seed, enum pdiag_record_type type,
	struct random_record *to)
{
	memset(to, 0, sizeof(*to));
	to->record.type = (uint16_t)type;
	to->record.flags = random_u64(seed) % 32;
	to->record.time = random_u64(seed);
	to->record.cpu = (int32_t)random_u64(seed);
	to->record.pid = (int32_t)random_u64(seed);
	to->record.tid = (int32_t)random_u64(seed);
	random_body(seed, to);
	return &to->record;
}

static inline bool same_ips(const uint64_t *a, const uint64_t *b, uint32_t nr)
{
	if (!a || !b)
		return a == b;
	return !nr || !memcmp(a, b, nr * sizeof(*a));
}

static inline bool same_body(const struct pdiag_record *a, const struct pdiag_record *b)
{
	switch ((enum pdiag_record_type)a->type) {
	case PDIAG_RECORD_INFO:
		return !memcmp(&a->info, &b->info, sizeof(a->info));
	case PDIAG_RECORD_MMAP:
		return a->mmap.start == b->mmap.start && a->mmap.len == b->mmap.len &&
			a->mmap.pgoff == b->mmap.pgoff && a->mmap.inode == b->mmap.inode &&
			a->mmap.generation == b->mmap.generation &&
			a->mmap.major == b->mmap.major && a->mmap.minor == b->mmap.minor &&
			!strcmp(a->mmap.path, b->mmap.path);
	case PDIAG_RECORD_COMM:
		return !strcmp(a->comm.text, b->comm.text);
	case PDIAG_RECORD_FORK:
		return a->fork.ppid == b->fork.ppid && a->fork.ptid == b->fork.ptid;
	case PDIAG_RECORD_STACK:
		return a->stack.id == b->stack.id && a->stack.nr == b->stack.nr &&
			same_ips(a->stack.ips, b->stack.ips, a->stack.nr);
	case PDIAG_RECORD_SAMPLE:
		return a->sample.weight == b->sample.weight && a->sample.nr == b->sample.nr &&
			a->sample.state == b->sample.state && a->sample.flags == b->sample.flags &&
			a->sample.stack == b->sample.stack &&
			a->sample.waker_stack == b->sample.waker_stack &&
			a->sample.waker_pid == b->sample.waker_pid &&
			a->sample.waker_tid == b->sample.waker_tid &&
			same_ips(a->sample.ips, b->sample.ips, a->sample.nr);
	case PDIAG_RECORD_LOSS:
		return a->loss.events == b->loss.events && a->loss.reason == b->loss.reason &&
			a->loss.pid == b->loss.pid;
	case PDIAG_RECORD_MODULE:
		return a->module.id == b->module.id && a->module.kind == b->module.kind &&
			a->module.reason == b->module.reason &&
			a->module.inode == b->module.inode &&
			a->module.generation == b->module.generation &&
			a->module.born == b->module.born && a->module.major == b->module.major &&
			a->module.minor == b->module.minor && a->module.pid == b->module.pid &&
			!strcmp(a->module.path, b->module.path);
	case PDIAG_RECORD_NAME:
		return a->name.value == b->name.value && a->name.address == b->name.address &&
			a->name.size == b->name.size && a->name.offset == b->name.offset &&
			a->name.kind == b->name.kind && a->name.reason == b->name.reason &&
			!strcmp(a->name.name, b->name.name) &&
			!strcmp(a->name.raw_name, b->name.raw_name) &&
			!strcmp(a->name.module, b->name.module);
	case PDIAG_RECORD_EXIT:
	case PDIAG_RECORD_SWITCH:
	case PDIAG_RECORD_FORGET:
	case PDIAG_RECORD_END:
	case PDIAG_RECORD_NONE:
		break;
	}
	return true;
}

static inline bool same_record(const struct pdiag_record *a, const struct pdiag_record *b)
{
	return a->type == b->type && a->flags == b->flags && a->cpu == b->cpu && a->pid == b->pid &&
		a->tid == b->tid && a->time == b->time && same_body(a, b);
}

#endif
