/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An intrusive doubly linked list, circular, with a head. */
#ifndef PDIAG_UTIL_LIST_H
#define PDIAG_UTIL_LIST_H

#include <stddef.h>

struct pdiag_list {
	struct pdiag_list *next, *prev;
};

#define pdiag_container(ptr, type, member) \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))
#define pdiag_list_each(pos, head) \
	for (struct pdiag_list *pos = (head)->next; pos != (head); pos = pos->next)

static inline void pdiag_list_init(struct pdiag_list *l)
{
	l->next = l->prev = l;
}

static inline int pdiag_list_empty(const struct pdiag_list *l)
{
	return l->next == l;
}

static inline void pdiag_list_add(struct pdiag_list *item, struct pdiag_list *head)
{
	item->next = head;
	item->prev = head->prev;
	head->prev->next = item;
	head->prev = item;
}

static inline void pdiag_list_remove(struct pdiag_list *item)
{
	item->prev->next = item->next;
	item->next->prev = item->prev;
	pdiag_list_init(item);
}

#endif
