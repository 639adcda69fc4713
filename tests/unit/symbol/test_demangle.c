/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbol/demangle.h"

static char out[PDIAG_DEMANGLED_MAX + 1];

static void known_names(void **state)
{
	static const struct {
		const char *raw, *name; /* NULL: stays as it is */
	} cases[] = {
		{ "_Z3foov", "foo" },
		{ "_ZNSt6vectorIiSaIiEE9push_backERKi",
			"std::vector<int, std::allocator<int> >::push_back" },
		{ "_ZNK3Foo3barEi", "Foo::bar" },
		{ "_Z4tmplIiET_S0_", "tmpl<int>" },
		{ "_ZN3FooC1Ev", "Foo::Foo" },
		{ "_ZN3FooD0Ev", "Foo::~Foo" },
		{ "_ZN3FooplERKS_", "Foo::operator+" },
		{ "_ZTV3Foo", "vtable for Foo" },
		{ "_ZN12_GLOBAL__N_13barEv", "(anonymous namespace)::bar" },
		{ "_Z3foov.cold", "foo" },
		{ "_Z3foov@@LIB_1.0", "foo" },
		{ "_Z3foov.llvm.1234567", "foo" },
		{ "_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core::fmt::Formatter::pad" },
		{ "_ZN71_$LT$Test$u20$$u2b$$u20$$u27$static$u20$as$u20$foo..Bar$LT$Test$GT$$GT$"
		  "3bar17h930b740aa94f1d3aE",
			"<Test + 'static as foo::Bar<Test>>::bar" },
		{ "_RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar" },
		{ "_RNvCskwGfYPst2Cb_3foo16example_function", "foo::example_function" },
		{ "main", NULL },
		{ "_start", NULL },
		{ "_Z", NULL },
		{ "_ZN", NULL },
		{ "_Znonsense", NULL },
		{ "_R", NULL },
		{ "", NULL },
		{ "__Z3foov", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = pdiag_demangle(cases[i].raw, strlen(cases[i].raw), out);

		if (!cases[i].name) {
			assert_int_equal(len, 0);
			continue;
		}
		assert_string_equal(len ? out : "(not mangled)", cases[i].name);
		assert_int_equal(len, strlen(cases[i].name));
	}
}

/* Template arguments that are each twice the one before: 2^n of output from n of input. */
static void doubling_is_cut_off(void **state)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t len = 0, last = 0;
	char name[1024], *p;

	(void)state;
	for (int steps = 0; steps < 30; steps++) {
		p = name + sprintf(name, "_Z1fI1pIiiE");
		for (int i = 0; i < steps; i++)
			p += sprintf(p, "S0_IS%c_S%c_E", digits[i + 1], digits[i + 1]);
		sprintf(p, "Evv");
		len = pdiag_demangle(name, strlen(name), out);
		assert_true(len <= PDIAG_DEMANGLED_MAX);
		/* It grows until it is too long, and is not given from there on. */
		assert_true(len > last || (!len && steps > 5));
		last = len;
	}
	assert_int_equal(len, 0);
}

static void long_names(void **state)
{
	size_t size = 100000;
	char *name = malloc(size + 1);

	(void)state;
	memset(name, 'P', size);
	memcpy(name, "_Z1f", 4);
	name[size] = '\0';
	assert_int_equal(pdiag_demangle(name, size, out), 0);
	/* Deep nesting, within the length that is looked at. */
	memset(name + 4, 'P', 8000);
	memcpy(name + 8000, "i", 2);
	pdiag_demangle(name, strlen(name), out);
	memset(name, 'N', 8000);
	memcpy(name, "_RNv", 4);
	name[8000] = '\0';
	pdiag_demangle(name, 8000, out);
	free(name);
}

/* f<(A<A<...>, A<...> >)...>: each level holds the one below it twice. */
static size_t pack_of_twins(char *name, int levels)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t len = (size_t)sprintf(name, "_Z1fIDp1PI");

	for (int i = 1; i < levels; i++)
		len += (size_t)sprintf(name + len, "S0_I");
	len += (size_t)sprintf(name + len, "iiE");
	for (int i = 1; i < levels; i++)
		len += (size_t)(i < 36 ? sprintf(name + len, "S%c_E", digits[i]) :
					 sprintf(name + len, "S1%c_E", digits[i - 36]));
	return len + (size_t)sprintf(name + len, "E");
}

static void packs_end(void **state)
{
	char name[1024];

	(void)state;
	assert_true(pdiag_demangle(name, pack_of_twins(name, 3), out) > 0);
	assert_string_equal(out,
		"f<(P<P<P<int, int>, P<int, int> >, P<P<int, int>, P<int, int> > >)...>");
	/* Not in this century, if the decoder were asked. */
	assert_int_equal(pdiag_demangle(name, pack_of_twins(name, 60), out), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_names),
		cmocka_unit_test(packs_end),
		cmocka_unit_test(doubling_is_cut_off),
		cmocka_unit_test(long_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
