/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fields of events as text, by their types. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/probe.h"

/* A probe with one field of this type. */
static struct pdiag_probe *make(const char *type, uint32_t words)
{
	struct pdiag_probe *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->text.fields[0] = (struct pdiag_probe_field){ "f", type, 0, words };
	p->text.info.fields = p->text.fields;
	p->text.info.field_count = 1;
	p->event.args = p->args;
	/* Not this machine's names. */
	p->reasons_read = true;
	return p;
}

static void expect(struct pdiag_probe *p, const char *expected)
{
	char text[64];

	assert_int_equal(pdiag_probe_field_text(p, 0, text, sizeof(text)), 0);
	assert_string_equal(text, expected);
	/* Cut, not overrun. */
	assert_int_equal(pdiag_probe_field_text(p, 0, text, 3), 0);
	assert_true(strlen(text) <= 2 && !strncmp(text, expected, strlen(text)));
}

static void test_numbers(void **state)
{
	struct pdiag_probe *p = make("", 1);

	(void)state;
	p->args[0] = UINT64_MAX;
	expect(p, "18446744073709551615");
	p->text.fields[0].type = "int";
	expect(p, "-1");
	p->text.fields[0].type = "of a later release";
	expect(p, "18446744073709551615");
	p->text.fields[0].type = "ports";
	p->args[0] = 1234u << 16 | 80;
	expect(p, "1234>80");
	free(p);
}

static void test_text(void **state)
{
	struct pdiag_probe *p = make("text", 2);

	(void)state;
	memcpy(p->args, "sixteen chars ok", 16);
	expect(p, "sixteen chars ok");
	memcpy(p->args, "a\nb\0hidden\0\0\0\0\0\0", 16);
	expect(p, "a?b");
	free(p);
}

static void test_ip(void **state)
{
	struct pdiag_probe *p = make("ip", 2);

	(void)state;
	expect(p, "-");
	assert_int_equal(inet_pton(AF_INET6, "::ffff:10.1.2.3", p->args), 1);
	expect(p, "10.1.2.3");
	assert_int_equal(inet_pton(AF_INET6, "fe80::1:2", p->args), 1);
	expect(p, "fe80::1:2");
	free(p);
}

static void test_protocol(void **state)
{
	struct pdiag_probe *p = make("protocol", 1);

	(void)state;
	p->args[0] = 0x0800u << 16 | 6;
	expect(p, "IPv4 TCP");
	p->args[0] = 0x86ddu << 16 | 99;
	expect(p, "IPv6 99");
	p->args[0] = 0x0806u << 16;
	expect(p, "ARP");
	p->args[0] = 0x1234u << 16;
	expect(p, "0x1234");
	free(p);
}

static void test_reason(void **state)
{
	struct pdiag_probe *p = make("reason", 1);
	struct pdiag_drop_reason reason = { .number = 6, .name = "SOCKET_RCVBUFF" };

	(void)state;
	expect(p, "-");
	p->args[0] = 7;
	expect(p, "7");
	p->reasons = &reason;
	p->reason_count = 1;
	expect(p, "7");
	p->args[0] = 6;
	expect(p, "SOCKET_RCVBUFF");
	free(p);
}

static void test_refused(void **state)
{
	struct pdiag_probe *p = make("", 1);
	char text[8];

	(void)state;
	assert_int_equal(pdiag_probe_field_text(p, 1, text, sizeof(text)), -EINVAL);
	assert_int_equal(pdiag_probe_field_text(p, 0, text, 0), -EINVAL);
	p->event.args = NULL;
	assert_int_equal(pdiag_probe_field_text(p, 0, text, sizeof(text)), -EINVAL);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_ip),
		cmocka_unit_test(test_protocol),
		cmocka_unit_test(test_reason),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
