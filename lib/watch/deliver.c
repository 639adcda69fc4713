/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events to whoever wants them: journal, callback, those who take; and the history. */
#include <errno.h>
#include <stdlib.h>

#include <pdiag/error.h>

#include "core/error.h"
#include "core/options.h"
#include "watch/watch.h"

#define ENTRY(l) pdiag_container(l, struct pdiag_watch_entry, link)

static void free_entry(struct pdiag_watch_entry *entry)
{
	pdiag_list_remove(&entry->link);
	pdiag_event_destroy(entry->event);
	free(entry);
}

/* The event becomes the list's. 0 or -ENOMEM (and it is gone). */
static int add_entry(struct pdiag_list *list, struct pdiag_event *event)
{
	struct pdiag_watch_entry *entry = malloc(sizeof(*entry));

	if (!entry) {
		pdiag_event_destroy(event);
		return -ENOMEM;
	}
	entry->event = event;
	pdiag_list_add(&entry->link, list);
	return 0;
}

static void write_journal(struct pdiag_watch *w, struct pdiag_event *event)
{
	int ret = pdiag_journal_append(w->journal, event);

	if (!ret)
		return;
	w->info.not_written++;
	pdiag_log(w->context, PDIAG_LOG_WARNING, "%s", pdiag_errmsg());
}

/* What is said of it now, in the place of what was said of it before. */
static void note(struct pdiag_watch *w, const struct pdiag_event *event)
{
	struct pdiag_watch_entry *last = NULL;
	struct pdiag_event *copy;

	if (w->history_count)
		last = ENTRY(w->history.prev);
	/* Without memory the history lacks it; whoever is told of it is not concerned. */
	if (pdiag_event_brief(event, &copy))
		return;
	if (last && last->event->info.id == event->info.id) {
		pdiag_event_destroy(last->event);
		last->event = copy;
		return;
	}
	if (add_entry(&w->history, copy))
		return;
	if (++w->history_count > w->options.history) {
		free_entry(ENTRY(w->history.next));
		w->history_count--;
	}
}

static uint64_t waiting_bytes(struct pdiag_watch *w)
{
	uint64_t bytes = 0;

	for (struct pdiag_list *l = w->waiting.next; l != &w->waiting; l = l->next)
		bytes += pdiag_event_bytes(ENTRY(l)->event);
	return bytes;
}

/* The oldest that wait lose their profiles, and then their place; the newest at last. */
static void make_room(struct pdiag_watch *w)
{
	uint64_t room = w->options.max_bytes / 4 * 3;
	struct pdiag_list *newest = w->waiting.prev;

	for (struct pdiag_list *l = w->waiting.next; l != newest && waiting_bytes(w) > room;
		l = l->next)
		pdiag_event_drop_profiles(ENTRY(l)->event);
	while (w->waiting_count > w->options.history ||
		(w->waiting_count > 1 && waiting_bytes(w) > room)) {
		free_entry(ENTRY(w->waiting.next));
		w->waiting_count--;
		w->info.dropped++;
	}
	if (waiting_bytes(w) > room)
		pdiag_event_drop_profiles(ENTRY(newest)->event);
}

static void put_to_wait(struct pdiag_watch *w, const struct pdiag_event *event)
{
	struct pdiag_event *copy;

	if (pdiag_event_copy(event, &copy) || add_entry(&w->waiting, copy)) {
		w->info.dropped++;
		return;
	}
	w->waiting_count++;
	make_room(w);
}

void pdiag_watch_deliver(struct pdiag_watch *w, struct pdiag_event *event)
{
	bool ended = event->info.phase == PDIAG_EVENT_ENDED;

	/* Not left to the journal, which gives the number of an event that it could not write to
	 * the next one, or has another event of the number that we would give it then. */
	if (!event->info.id)
		event->info.id = ++w->id;
	if (w->journal)
		write_journal(w, event);
	note(w, event);
	if (!ended && w->options.flags & PDIAG_WATCH_ONLY_ENDED)
		return;
	if (w->options.fn)
		w->options.fn(w->options.user, event);
	else
		put_to_wait(w, event);
}

static void free_list(struct pdiag_list *list)
{
	while (list->next != list)
		free_entry(ENTRY(list->next));
}

void pdiag_watch_free_entries(struct pdiag_watch *w)
{
	free_list(&w->history);
	free_list(&w->waiting);
	w->history_count = w->waiting_count = 0;
}

int pdiag_watch_take(struct pdiag_watch *watch, struct pdiag_event **out)
{
	struct pdiag_watch_entry *entry;

	pdiag_error_clear();
	if (!out)
		return pdiag_fail(EINVAL, "pdiag_watch_take: out is NULL; give a pointer for the "
			"event");
	*out = NULL;
	if (!watch->waiting_count)
		return 0;
	entry = ENTRY(watch->waiting.next);
	*out = entry->event;
	pdiag_event_hand_over(*out);
	pdiag_list_remove(&entry->link);
	free(entry);
	watch->waiting_count--;
	return 1;
}

int pdiag_watch_each_event(struct pdiag_watch *watch, pdiag_journal_fn fn, void *user)
{
	struct pdiag_event_info info;
	int ret = 0;

	pdiag_error_clear();
	if (!fn)
		return pdiag_fail(EINVAL, "pdiag_watch_each_event: fn is NULL; give a function");
	for (struct pdiag_list *l = watch->history.next; !ret && l != &watch->history;
		l = l->next) {
		info.size = sizeof(info);
		pdiag_event_get_info(ENTRY(l)->event, &info);
		ret = fn(user, &info);
	}
	return ret;
}
