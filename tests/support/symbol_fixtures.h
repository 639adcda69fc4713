/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A directory of ELF files that symbol_fixtures.sh has built. Include it in one file of a test. */
#ifndef TESTS_SUPPORT_SYMBOL_FIXTURES_H
#define TESTS_SUPPORT_SYMBOL_FIXTURES_H

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char fixtures_dir[64]; /* "": they could not be built */

/* The path of a fixture; one of a few buffers. */
static inline const char *fixture(const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned int next;
	char *path = paths[next++ % 4];

	snprintf(path, PATH_MAX, "%s/%s", fixtures_dir, name);
	return path;
}

static inline int fixture_missing(const char *name)
{
	if (fixtures_dir[0] && !access(fixture(name), R_OK))
		return 0;
	printf("skipped: cannot build %s here (needs cc, objcopy, readelf and nm)\n", name);
	return 1;
}

static inline int fixtures_setup(void **state)
{
	char script[PATH_MAX], command[2 * PATH_MAX], *slash;

	(void)state;
	snprintf(script, sizeof(script), "%s", __FILE__);
	slash = strrchr(script, '/');
	if (slash)
		*slash = '\0';
	strcpy(fixtures_dir, "/tmp/pdiag-fixtures-XXXXXX");
	if (!mkdtemp(fixtures_dir))
		return -1;
	snprintf(command, sizeof(command), "LC_ALL=C sh '%s/symbol_fixtures.sh' '%s'", script,
		fixtures_dir);
	/* What was built before a failure is used. */
	if (system(command))
		printf("fixtures: the script failed\n");
	return 0;
}

static inline int fixtures_teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", fixtures_dir);
	return system(command) ? -1 : 0;
}

/* The address of a symbol as nm has it; 0: there is none. */
static inline unsigned long long fixture_address(const char *name, const char *symbol)
{
	char command[PATH_MAX + 64], line[4096], found[4096], type;
	unsigned long long address, result = 0;
	FILE *f;

	snprintf(command, sizeof(command), "nm '%s'", fixture(name));
	f = popen(command, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%llx %c %4095s", &address, &type, found) == 3 &&
			!strcmp(found, symbol))
			result = address;
	if (f)
		pclose(f);
	return result;
}

#endif
