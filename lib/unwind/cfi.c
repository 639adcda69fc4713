/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unwind/cfi.h"

#include <errno.h>
#include <stdlib.h>

#include "unwind/cfi_image.h"
#include "unwind/file_blocks.h"
#include "util/array.h"
#include "util/hash.h"

/* 32 bytes each: 1 MiB. A row that hashes to the place of another one pushes it out. */
#define ROWS 32768u

struct known_row {
	uint64_t offset;
	uint32_t module; /* its id and 1; 0: empty */
	struct pdiag_cfi_row row;
};

struct module_state {
	struct pdiag_cfi_image *image; /* NULL: not opened yet, or none */
	bool none;
};

struct pdiag_cfi {
	struct pdiag_child child;
	struct pdiag *context;
	struct known_row *rows;
	struct module_state *modules; /* by id */
	size_t module_count, module_cap;
	struct pdiag_file_blocks blocks;
	uint64_t lookups;
};

struct place {
	struct pdiag_cfi *cfi;
	const struct pdiag_module *module;
};

static void destroy(struct pdiag_child *child)
{
	struct pdiag_cfi *cfi = pdiag_container(child, struct pdiag_cfi, child);

	for (size_t i = 0; i < cfi->module_count; i++)
		free(cfi->modules[i].image);
	cfi->context->slots[PDIAG_SLOT_CFI] = NULL;
	pdiag_file_blocks_free(&cfi->blocks);
	free(cfi->modules);
	free(cfi->rows);
	free(cfi);
}

struct pdiag_cfi *pdiag_cfi_get(struct pdiag *context)
{
	struct pdiag_cfi *cfi = context->slots[PDIAG_SLOT_CFI];

	if (cfi)
		return cfi;
	cfi = calloc(1, sizeof(*cfi));
	if (cfi)
		cfi->rows = calloc(ROWS, sizeof(*cfi->rows));
	if (!cfi || !cfi->rows) {
		free(cfi);
		return NULL;
	}
	cfi->context = context;
	pdiag_child_add(context, &cfi->child, destroy);
	context->slots[PDIAG_SLOT_CFI] = cfi;
	return cfi;
}

static int read_block(void *user, uint64_t offset, void *to, size_t len)
{
	struct place *p = user;

	return pdiag_file_blocks_read(&p->cfi->blocks, p->module, offset, to, len);
}

static int state_of(struct pdiag_cfi *cfi, const struct pdiag_module *module,
	struct module_state **out)
{
	if (pdiag_array_extend(&cfi->modules, &cfi->module_count, &cfi->module_cap,
		    (size_t)module->id + 1, sizeof(*cfi->modules)))
		return -ENOMEM;
	*out = &cfi->modules[module->id];
	return 0;
}

/* 0; -EBADMSG: there is no row and never will be; else another time. */
static int look_up(struct pdiag_cfi *cfi, const struct pdiag_module *module, uint64_t offset,
	struct pdiag_cfi_row *row)
{
	struct place place = { .cfi = cfi, .module = module };
	struct pdiag_cfi_reader reader = { .read = read_block, .user = &place };
	struct module_state *state;
	int ret = state_of(cfi, module, &state);

	cfi->lookups++;
	if (ret)
		return ret;
	if (state->none)
		return -EBADMSG;
	if (!state->image)
		ret = pdiag_cfi_image_open(&reader, &state->image);
	state->none = ret == -EBADMSG;
	return ret ? ret : pdiag_cfi_image_row(state->image, &reader, offset, row);
}

bool pdiag_cfi_find(struct pdiag_cfi *cfi, const struct pdiag_module *module, uint64_t offset,
	struct pdiag_cfi_row *row)
{
	uint64_t hash = pdiag_hash_u64(module->id, offset);
	struct known_row *known = &cfi->rows[hash % ROWS];
	int ret;

	if (known->module == module->id + 1 && known->offset == offset) {
		*row = known->row;
		return row->base != PDIAG_CFI_NONE;
	}
	*row = (struct pdiag_cfi_row){ .base = PDIAG_CFI_NONE };
	if (module->kind != PDIAG_MODULE_FILE || !module->live)
		return false;
	ret = look_up(cfi, module, offset, row);
	if (ret && ret != -EBADMSG)
		return false;
	*known = (struct known_row){ .offset = offset, .module = module->id + 1, .row = *row };
	return !ret;
}

void pdiag_cfi_stats(const struct pdiag_cfi *cfi, struct pdiag_cfi_stats *out)
{
	out->lookups = cfi->lookups;
	out->reads = cfi->blocks.reads;
}
