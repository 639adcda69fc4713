/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source/kmod_ring.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ALIGN 16u
/* More has no room between a ring's control page and the next ring's. */
#define DATA_MAX (1ull << (PDIAG_KMOD_RING_SHIFT - 1))

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static bool is_size(uint64_t bytes)
{
	return bytes >= page_size() && bytes <= DATA_MAX && !(bytes & (bytes - 1));
}

int pdiag_kring_map(struct pdiag_kring *r, int fd, uint32_t number)
{
	void *control, *data;
	uint64_t size;
	int err;

	*r = (struct pdiag_kring){ .number = number };
	control = mmap(NULL, page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		(off_t)PDIAG_KMOD_CONTROL(number));
	if (control == MAP_FAILED)
		return -errno;
	size = __atomic_load_n(&((struct pdiag_kmod_ring *)control)->data_bytes, __ATOMIC_ACQUIRE);
	if (!is_size(size)) {
		munmap(control, page_size());
		return -EPROTO;
	}
	data = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, (off_t)PDIAG_KMOD_DATA(number));
	if (data == MAP_FAILED) {
		err = errno;
		munmap(control, page_size());
		return -err;
	}
	r->control = control;
	r->data = data;
	r->size = size;
	return 0;
}

void pdiag_kring_unmap(struct pdiag_kring *r)
{
	if (!r->control)
		return;
	munmap(r->control, page_size());
	munmap((void *)(uintptr_t)r->data, r->size);
	r->control = NULL;
}

void pdiag_kring_refresh(struct pdiag_kring *r)
{
	r->head = __atomic_load_n(&r->control->head, __ATOMIC_ACQUIRE);
}

void pdiag_kring_rewind(struct pdiag_kring *r)
{
	pdiag_kring_refresh(r);
	r->tail = __atomic_load_n(&r->control->oldest, __ATOMIC_ACQUIRE);
}

void pdiag_kring_publish(struct pdiag_kring *r)
{
	__atomic_store_n(&r->control->tail, r->tail, __ATOMIC_RELEASE);
	r->published = r->tail;
}

static int skip_all(struct pdiag_kring *r)
{
	r->tail = r->head;
	r->corrupt++;
	pdiag_kring_publish(r);
	return -EBADMSG;
}

void pdiag_kring_advance(struct pdiag_kring *r)
{
	r->tail += r->record;
	/* Not for each record: the line is shared with the CPU that writes. */
	if (r->tail - r->published > r->size / 16)
		pdiag_kring_publish(r);
}

/* Is there a whole record of `len` bytes, in one piece? */
static bool is_length(const struct pdiag_kring *r, uint64_t at, uint64_t head, uint64_t len)
{
	return len >= sizeof(struct pdiag_kmod_record) && !(len % ALIGN) &&
		len <= head - at && len <= r->size - (at & (r->size - 1));
}

int pdiag_kring_peek(struct pdiag_kring *r)
{
	struct pdiag_kmod_record head;

	for (; r->head != r->tail; pdiag_kring_advance(r)) {
		if (r->head - r->tail > r->size || (r->head | r->tail) % ALIGN)
			return skip_all(r);
		memcpy(&head, r->data + (r->tail & (r->size - 1)), sizeof(head));
		if (!is_length(r, r->tail, r->head, head.len))
			return skip_all(r);
		r->record = head.len;
		if (head.type == PDIAG_KMOD_PAD)
			continue;
		r->time = head.time;
		return 1;
	}
	return 0;
}

/*
 * The module may write over what is read here: what it says is checked once and then kept, so that
 * nonsense is but a wrong sample.
 */
void pdiag_kring_recent(struct pdiag_kring *r, uint64_t since, uint32_t most,
	void (*fn)(void *user, int32_t pid, uint64_t ns), void *user)
{
	uint64_t head = __atomic_load_n(&r->control->head, __ATOMIC_ACQUIRE), at = r->recent;
	struct pdiag_kmod_sample s;
	uint64_t len;

	r->recent = head;
	/* Written over already. */
	if (head - at > r->size)
		at = __atomic_load_n(&r->control->oldest, __ATOMIC_ACQUIRE);
	if (head - at > r->size || (head | at) % ALIGN)
		return;
	for (uint32_t n = 0; n < most && head != at; n++, at += len) {
		memcpy(&s.head, r->data + (at & (r->size - 1)), sizeof(s.head));
		len = s.head.len;
		if (!is_length(r, at, head, len))
			return;
		if (s.head.type != PDIAG_KMOD_SAMPLE || len < sizeof(s) ||
			s.head.flags & PDIAG_KMOD_IDLE || s.head.time < since)
			continue;
		memcpy(&s, r->data + (at & (r->size - 1)), sizeof(s));
		fn(user, (int32_t)s.pid, s.weight);
	}
}
