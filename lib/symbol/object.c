/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "symbol/object.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "symbol/debug_file.h"
#include "symbol/elf_plt.h"
#include "symbol/elf_symbols.h"
#include "symbol/mini_debug.h"

/* The symbols of a separate debug file. They are in the terms of the file itself. */
static int add_debug_file(struct pdiag_object *o, const struct pdiag_elf *e, const char *path,
	const char *debug_path, struct pdiag_elf_added *full)
{
	struct pdiag_elf debug;
	bool mismatch;
	int fd, ret;

	fd = pdiag_debug_file_open(e, path, debug_path, &mismatch);
	if (mismatch)
		o->miss = PDIAG_REASON_DEBUG_MISMATCH;
	if (fd < 0)
		return 0;
	ret = pdiag_elf_open_fd(&debug, fd);
	if (!ret) {
		ret = pdiag_elf_add_symbols(&debug, SHT_SYMTAB, &o->table, full);
		pdiag_elf_close(&debug);
	}
	close(fd);
	return ret == -ENOMEM ? ret : 0;
}

static int add_mini_debug(struct pdiag_object *o, const struct pdiag_elf *e,
	struct pdiag_elf_added *full)
{
	struct pdiag_elf mini;
	size_t size;
	char *image;
	int ret;

	ret = pdiag_mini_debug(e, &image, &size);
	if (ret || !image)
		return ret;
	ret = pdiag_elf_open_memory(&mini, image, size);
	if (!ret) {
		ret = pdiag_elf_add_symbols(&mini, SHT_SYMTAB, &o->table, full);
		pdiag_elf_close(&mini);
	}
	free(image);
	return ret == -ENOMEM ? ret : 0;
}

/* From the nearest source to the furthest, until one has all functions. */
static int add_all(struct pdiag_object *o, const struct pdiag_elf *e, const char *path,
	const char *debug_path)
{
	struct pdiag_elf_added full, dynamic;
	int ret;

	o->miss = PDIAG_REASON_NO_SYMBOLS;
	ret = pdiag_elf_segments(e, &o->segments, &o->segment_count);
	if (!ret)
		ret = pdiag_elf_add_symbols(e, SHT_SYMTAB, &o->table, &full);
	if (!ret && !full.found && debug_path)
		ret = add_debug_file(o, e, path, debug_path, &full);
	if (!ret && !full.found)
		ret = add_mini_debug(o, e, &full);
	if (!ret && full.found)
		o->miss = PDIAG_REASON_NO_MATCH;
	if (!ret)
		ret = pdiag_elf_add_symbols(e, SHT_DYNSYM, &o->table, &dynamic);
	if (!ret)
		ret = pdiag_elf_add_plt(e, &dynamic, &o->table);
	if (!ret)
		ret = pdiag_symbol_table_finish(&o->table);
	if (!ret)
		pdiag_symbol_table_compact(&o->table);
	return ret;
}

static int load(struct pdiag_object *o, struct pdiag_elf *e, int opened, const char *path,
	const char *debug_path)
{
	int ret = opened;

	*o = (struct pdiag_object){ 0 };
	if (!ret) {
		ret = add_all(o, e, path, debug_path);
		pdiag_elf_close(e);
	}
	if (ret)
		pdiag_object_free(o);
	if (ret == -EBADMSG) {
		o->reason = PDIAG_REASON_NOT_ELF;
		ret = 0;
	}
	return ret;
}

int pdiag_object_load_file(struct pdiag_object *o, int fd, const char *path,
	const char *debug_path)
{
	struct pdiag_elf e;

	return load(o, &e, pdiag_elf_open_fd(&e, fd), path, debug_path);
}

int pdiag_object_load_image(struct pdiag_object *o, const char *image, size_t size)
{
	struct pdiag_elf e;

	return load(o, &e, pdiag_elf_open_memory(&e, image, size), "", NULL);
}

size_t pdiag_object_bytes(const struct pdiag_object *o)
{
	return pdiag_symbol_table_bytes(&o->table) + o->segment_count * sizeof(*o->segments);
}

void pdiag_object_free(struct pdiag_object *o)
{
	pdiag_symbol_table_free(&o->table);
	free(o->segments);
	*o = (struct pdiag_object){ 0 };
}
