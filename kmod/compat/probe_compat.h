/* SPDX-License-Identifier: GPL-2.0-only */
/* As compat.h: what only probes need. */
#ifndef PDIAG_PROBE_COMPAT_H
#define PDIAG_PROBE_COMPAT_H

#include <linux/kprobes.h>
#include <linux/skbuff.h>

static inline struct kretprobe *pdiag_kretprobe_of(struct kretprobe_instance *instance)
{
#ifdef PDIAG_HAVE_KRETPROBE_GET
	return get_kretprobe(instance);
#else
	return instance->rp;
#endif
}

/* A function for the tracepoint kfree_skb. `reason` is 0 where the kernel tells none. */
#define PDIAG_DROP_ARGS struct sk_buff *skb, void *location
#if defined(PDIAG_HAVE_DROP_CONST_SOCK)
#define PDIAG_DROP_HOOK(name, inner)                                                            \
	static void name(void *run, PDIAG_DROP_ARGS, enum skb_drop_reason reason,               \
		const struct sock *sock)                                                        \
	{                                                                                       \
		inner(run, skb, location, reason);                                              \
	}
#elif defined(PDIAG_HAVE_DROP_SOCK)
#define PDIAG_DROP_HOOK(name, inner)                                                            \
	static void name(void *run, PDIAG_DROP_ARGS, enum skb_drop_reason reason,               \
		struct sock *sock)                                                              \
	{                                                                                       \
		inner(run, skb, location, reason);                                              \
	}
#elif defined(PDIAG_HAVE_DROP_REASON)
#define PDIAG_DROP_HOOK(name, inner)                                                            \
	static void name(void *run, PDIAG_DROP_ARGS, enum skb_drop_reason reason)               \
	{                                                                                       \
		inner(run, skb, location, reason);                                              \
	}
#else
#define PDIAG_DROP_HOOK(name, inner)                                                            \
	static void name(void *run, PDIAG_DROP_ARGS)                                            \
	{                                                                                       \
		inner(run, skb, location, 0);                                                   \
	}
#endif

#endif
