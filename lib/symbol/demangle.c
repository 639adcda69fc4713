/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "symbol/demangle.h"

#include <setjmp.h>
#include <stdbool.h>
#include <string.h>

#include <libiberty/demangle.h>

/* The decoder refuses longer C++ names by itself, with its limit of recursion. */
#define MANGLED_MAX 8192

struct output {
	char *text;
	size_t len;
	jmp_buf too_long;
};

/*
 * The decoder cannot be told to stop, and a short name can ask for gigabytes of output. It holds
 * no memory in its callback form, so leaving it by a jump loses nothing.
 */
static void put(const char *data, size_t len, void *opaque)
{
	struct output *out = opaque;

	if (!len)
		return;
	if (len > PDIAG_DEMANGLED_MAX - out->len)
		longjmp(out->too_long, 1);
	memcpy(out->text + out->len, data, len);
	out->len += len;
}

/*
 * For a pack expansion the decoder searches the whole pattern, and what is substituted in it again
 * at each place: a type of N substitutions may take 2^N steps and print nothing meanwhile. Of
 * 150,000 names in large programs none with a pack came near this limit.
 */
#define PACK_SUBSTITUTIONS 24u

static bool endless(const char *name)
{
	unsigned int count = 0;

	if (!strstr(name, "Dp") && !strstr(name, "sZ") && !strstr(name, "sP"))
		return false;
	for (const char *p = name; (p = strchr(p, 'S')); p++)
		count += p[1 + strspn(p + 1, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '_';
	return count > PACK_SUBSTITUTIONS;
}

static bool decode(const char *name, struct output *out)
{
	if (setjmp(out->too_long))
		return false;
	/* Rust first: its older names are well-formed C++ ones, too. */
	if (rust_demangle_callback(name, DMGL_NO_OPTS, put, out))
		return true;
	out->len = 0;
	return name[1] == 'Z' && !endless(name) &&
		cplus_demangle_v3_callback(name, DMGL_NO_OPTS, put, out);
}

size_t pdiag_demangle(const char *name, size_t len, char *out)
{
	struct output o = { .text = out };
	char copy[MANGLED_MAX + 1];
	const char *suffix;

	if (len < 3 || len > MANGLED_MAX || name[0] != '_' || (name[1] != 'Z' && name[1] != 'R'))
		return 0;
	memcpy(copy, name, len);
	copy[len] = '\0';
	/* Marks of the linker: a symbol's version, and LLVM's number for promoted statics. */
	copy[strcspn(copy, "@")] = '\0';
	suffix = strstr(copy, ".llvm.");
	if (suffix)
		copy[suffix - copy] = '\0';
	if (!decode(copy, &o) || !o.len)
		return 0;
	out[o.len] = '\0';
	return o.len;
}
