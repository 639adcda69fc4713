/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fields of events as text. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <pdiag/symbolizer.h>

#include "core/error.h"
#include "probe/probe.h"
#include "symbol/symbolizer.h"

static void write_text(const uint64_t *words, uint32_t nr, char *text, size_t size)
{
	char raw[PDIAG_KMOD_ARGS_MAX * sizeof(*words) + 1] = "";

	memcpy(raw, words, nr * sizeof(*words));
	pdiag_one_line(raw);
	snprintf(text, size, "%s", raw);
}

static void write_ip(const uint64_t *words, char *text, size_t size)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	unsigned char bytes[16];
	char buffer[INET6_ADDRSTRLEN] = "";

	memcpy(bytes, words, sizeof(bytes));
	if (!words[0] && !words[1])
		snprintf(buffer, sizeof(buffer), "-");
	else if (!memcmp(bytes, mapped, sizeof(mapped)))
		inet_ntop(AF_INET, bytes + sizeof(mapped), buffer, sizeof(buffer));
	else
		inet_ntop(AF_INET6, bytes, buffer, sizeof(buffer));
	snprintf(text, size, "%s", buffer);
}

static const char *network_name(uint32_t number)
{
	switch (number) {
	case 0x0800: return "IPv4";
	case 0x86dd: return "IPv6";
	case 0x0806: return "ARP";
	default: return NULL;
	}
}

static const char *transport_name(uint32_t number)
{
	switch (number) {
	case 1: return "ICMP";
	case 6: return "TCP";
	case 17: return "UDP";
	case 58: return "ICMPv6";
	case 132: return "SCTP";
	default: return NULL;
	}
}

static void write_protocol(uint64_t word, char *text, size_t size)
{
	uint32_t low = word & 0xffff, high = word >> 16 & 0xffff;
	char network[16], transport[16] = "";

	snprintf(network, sizeof(network), "0x%04x", high);
	if (low)
		snprintf(transport, sizeof(transport), " %u", low);
	if (transport_name(low))
		snprintf(transport, sizeof(transport), " %s", transport_name(low));
	snprintf(text, size, "%s%s", network_name(high) ? network_name(high) : network, transport);
}

static int write_symbol(struct pdiag_probe *p, uint64_t address, char *text, size_t size)
{
	const struct pdiag_symbol *symbol;
	struct pdiag_symbolizer *s;
	int ret = pdiag_symbolizer_default(p->context, &s);

	if (!ret)
		ret = pdiag_symbolizer_kernel(s, address, &symbol);
	if (ret)
		return ret;
	if (symbol->kind == PDIAG_FRAME_UNRESOLVED)
		snprintf(text, size, "0x%" PRIx64, address);
	else
		snprintf(text, size, "%s+0x%" PRIx64, symbol->name, symbol->offset);
	return 0;
}

static void write_reason(struct pdiag_probe *p, uint64_t word, char *text, size_t size)
{
	const char *name = pdiag_probe_reason(p, word);

	if (name)
		snprintf(text, size, "%s", name);
	else if (word)
		snprintf(text, size, "%" PRIu64, word);
	else
		snprintf(text, size, "-");
}

int pdiag_probe_field_text(struct pdiag_probe *p, uint32_t index, char *text, size_t size)
{
	const struct pdiag_probe_field *field;
	const uint64_t *words;

	pdiag_error_clear();
	if (!text || !size || index >= p->text.info.field_count || !p->event.args)
		return pdiag_fail(EINVAL, "there is no field %u of an event, or no room for it",
			index);
	field = &p->text.info.fields[index];
	words = p->args + field->first;
	if (!strcmp(field->type, "text"))
		write_text(words, field->words, text, size);
	else if (!strcmp(field->type, "ip") && field->words == 2)
		write_ip(words, text, size);
	else if (!strcmp(field->type, "protocol"))
		write_protocol(*words, text, size);
	else if (!strcmp(field->type, "ports"))
		snprintf(text, size, "%u>%u", (unsigned int)(*words >> 16 & 0xffff),
			(unsigned int)(*words & 0xffff));
	else if (!strcmp(field->type, "int"))
		snprintf(text, size, "%" PRId64, (int64_t)*words);
	else if (!strcmp(field->type, "reason"))
		write_reason(p, *words, text, size);
	else if (!strcmp(field->type, "symbol"))
		return write_symbol(p, *words, text, size);
	else
		snprintf(text, size, "%" PRIu64, *words);
	return 0;
}
