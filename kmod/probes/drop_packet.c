// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets that the kernel drops: where, why, and of which flow. A packet may be freed in any
 * state, so nothing in it is trusted: headers are read only where they lie in its linear part.
 */
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/string.h>

#include "compat/probe_compat.h"
#include "probe_kit.h"

enum { THRESHOLD, PORT }; /* parameters */

struct flow {
	u16 protocol;	/* of the network layer, as in Ethernet */
	u8 transport;	/* 0: not known */
	u16 from_port, to_port;
	u64 from[2], to[2]; /* network order, IPv4 mapped into IPv6 */
};

/* `len` bytes at this offset from the start of the packet's memory, or false. */
static bool take(const struct sk_buff *skb, u32 offset, void *to, u32 len)
{
	u32 end = skb_tail_pointer(skb) - skb->head;

	if (end > skb_end_offset(skb) || offset > end || end - offset < len)
		return false;
	memcpy(to, skb->head + offset, len);
	return true;
}

static void take_ports(const struct sk_buff *skb, u32 offset, struct flow *flow)
{
	__be16 ports[2];

	switch (flow->transport) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		if (!take(skb, offset, ports, sizeof(ports)))
			return;
		flow->from_port = be16_to_cpu(ports[0]);
		flow->to_port = be16_to_cpu(ports[1]);
	}
}

static void map_v4(u64 *to, __be32 address)
{
	u32 words[4] = { 0, 0, (__force u32)htonl(0xffff), (__force u32)address };

	memcpy(to, words, sizeof(words));
}

static void take_v4(const struct sk_buff *skb, u32 offset, struct flow *flow)
{
	struct iphdr ip;

	if (!take(skb, offset, &ip, sizeof(ip)) || ip.version != 4 || ip.ihl < 5)
		return;
	flow->transport = ip.protocol;
	map_v4(flow->from, ip.saddr);
	map_v4(flow->to, ip.daddr);
	/* Only the first fragment has ports. */
	if (!(ip.frag_off & htons(0x1fff)))
		take_ports(skb, offset + ip.ihl * 4, flow);
}

static void take_v6(const struct sk_buff *skb, u32 offset, struct flow *flow)
{
	struct ipv6hdr ip;

	if (!take(skb, offset, &ip, sizeof(ip)) || ip.version != 6)
		return;
	flow->transport = ip.nexthdr;
	memcpy(flow->from, &ip.saddr, sizeof(flow->from));
	memcpy(flow->to, &ip.daddr, sizeof(flow->to));
	take_ports(skb, offset + sizeof(ip), flow);
}

static void take_flow(const struct sk_buff *skb, struct flow *flow)
{
	flow->protocol = be16_to_cpu(skb->protocol);
	/* Never 0 in a packet that has one: there is always room before it. */
	if (!skb->head || !skb->network_header)
		return;
	if (flow->protocol == ETH_P_IP)
		take_v4(skb, skb->network_header, flow);
	else if (flow->protocol == ETH_P_IPV6)
		take_v6(skb, skb->network_header, flow);
}

static bool wanted(const struct pdiag_probe_run *run, const struct flow *flow)
{
	return !run->param[PORT] || flow->from_port == run->param[PORT] ||
		flow->to_port == run->param[PORT];
}

static void dropped(void *data, struct sk_buff *skb, void *location, u32 reason)
{
	struct pdiag_probe_run *run = data;
	struct pdiag_probe_call call;
	struct flow flow = { 0 };

	if (!pdiag_probe_enter(&call, run, current))
		return;
	take_flow(skb, &flow);
	if (wanted(run, &flow) && pdiag_probe_measure(&call, skb->len))
		pdiag_probe_event(&call, &(struct pdiag_probe_seen) {
			.task = current, .value = skb->len, .nr_args = 8,
			.args = {
				(unsigned long)location, reason,
				(u32)flow.protocol << 16 | flow.transport,
				(u32)flow.from_port << 16 | flow.to_port,
				flow.from[0], flow.from[1], flow.to[0], flow.to[1],
			},
		});
	pdiag_probe_leave(&call);
}

PDIAG_DROP_HOOK(on_drop, dropped)

PDIAG_PROBE(pdiag_probe_drop_packet) = {
	.name = "drop-packet",
	.unit = "bytes",
	.text = "the kernel dropped a packet: where, why and of which flow",
	.param = {
		[THRESHOLD] = { "threshold", "bytes of the packet", 0, 0, 1 << 20 },
		[PORT] = { "port", "TCP or UDP port, on either side; 0: all", 0, 0, 65535 },
	},
	.arg = { "location:symbol", "reason:reason", "protocol:protocol", "ports:ports",
		"from:ip", "from:ip", "to:ip", "to:ip" },
	.hook = { { PDIAG_HOOK_TRACEPOINT, "kfree_skb", { on_drop } } },
};
