// SPDX-License-Identifier: GPL-2.0-only
/* The tracepoint kfree_skb tells the reason and the socket, which is const. */
#include <linux/skbuff.h>
#include <trace/events/skb.h>

void hook(void *data, struct sk_buff *skb, void *location, enum skb_drop_reason reason,
	const struct sock *sock);
void try(void);
void try(void)
{
	check_trace_callback_type_kfree_skb(hook);
}
