/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which probes there are, as they describe themselves. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "probe/probe.h"
#include "source/kmod_device.h"

static void make_params(struct pdiag_probe_text *text)
{
	uint32_t count = text->raw.params;

	text->info.param_count = count < PDIAG_KMOD_PARAMS ? count : PDIAG_KMOD_PARAMS;
	for (uint32_t i = 0; i < text->info.param_count; i++) {
		struct pdiag_kmod_param *raw = &text->raw.param[i];

		text->params[i] = (struct pdiag_probe_param){ .name = raw->name, .text = raw->text,
			.def = raw->def, .min = raw->min, .max = raw->max };
	}
}

/* "name:type"; args of one name that follow each other are one field. */
static void make_fields(struct pdiag_probe_text *text)
{
	uint32_t count = text->raw.args, used = 0;
	struct pdiag_probe_field *field;
	char *colon;

	count = count < PDIAG_KMOD_ARGS_MAX ? count : PDIAG_KMOD_ARGS_MAX;
	for (uint32_t i = 0; i < count; i++) {
		colon = strchr(text->raw.arg[i], ':');
		if (colon)
			*colon = '\0';
		field = used ? &text->fields[used - 1] : NULL;
		if (field && !strcmp(field->name, text->raw.arg[i])) {
			field->words++;
			continue;
		}
		text->fields[used++] = (struct pdiag_probe_field){ .name = text->raw.arg[i],
			.type = colon ? colon + 1 : "", .first = i, .words = 1 };
	}
	text->info.field_count = used;
}

void pdiag_probe_text_make(struct pdiag_probe_text *text)
{
	text->info = (struct pdiag_probe_info){
		.name = text->raw.name, .unit = text->raw.unit, .text = text->raw.text,
		.needs = text->raw.needs, .why = text->raw.why, .params = text->params,
		.fields = text->fields, .available = !!text->raw.available,
	};
	make_params(text);
	make_fields(text);
}

const struct pdiag_probe_field *pdiag_probe_field_of(
	const struct pdiag_probe_info *info, const char *type)
{
	for (uint32_t i = 0; i < info->field_count; i++)
		if (!strcmp(info->fields[i].type, type))
			return &info->fields[i];
	return NULL;
}

static int walk(const struct pdiag_kdevice *device, struct pdiag_probe_text *text,
	pdiag_probe_fn fn, void *user)
{
	int ret = 0;

	for (uint32_t i = 0; !ret && i < device->version.probes; i++) {
		ret = pdiag_kdevice_probe(device, i, &text->raw);
		if (ret)
			return ret;
		pdiag_probe_text_make(text);
		ret = fn(user, &text->info);
	}
	return ret;
}

int pdiag_probe_each(struct pdiag *context, pdiag_probe_fn fn, void *user)
{
	struct pdiag_probe_text *text;
	struct pdiag_kdevice device;
	int ret;

	pdiag_error_clear();
	if (!context || !fn)
		return pdiag_fail(EINVAL, "pdiag_probe_each() needs a context and a function");
	ret = pdiag_kdevice_open(&device);
	if (ret)
		return ret;
	text = calloc(1, sizeof(*text));
	ret = text ? walk(&device, text, fn, user) : pdiag_fail_memory("listing probes");
	free(text);
	pdiag_kdevice_close(&device);
	return ret;
}
