/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unwind/cfi_row.h"

#include <dwarf.h>

#include "unwind/cfi_cursor.h"

/* The numbers that x86-64 gives its registers. */
#define REG_DI 5u
#define REG_BP 6u
#define REG_SP 7u
#define REG_RA 16u
/* Compilers nest none; what is deeper is not followed. */
#define REMEMBERED_MAX 8u

enum rule {
	RULE_SAME,
	RULE_SAVED, /* at CFA + offset */
	RULE_UNDEFINED,
	RULE_IN_DI, /* it is in that register */
	RULE_OTHER,
};

struct saved {
	enum rule rule;
	int64_t offset;
};

struct state {
	uint64_t reg; /* the CFA is this register's value ... */
	int64_t offset; /* ... and this */
	bool expression; /* it is not: an expression, that is not followed */
	struct saved bp, sp, ra, other;
};

struct run {
	struct pdiag_cursor code;
	const struct pdiag_cfi_program *program;
	uint64_t pc, loc;
	struct state now, first; /* first: as the CIE has it */
	struct state remembered[REMEMBERED_MAX];
	uint32_t remembered_count;
	bool failed;
};

/* The rule of a register in a state; those that are of no interest share one. */
static struct saved *rule_of(struct state *s, uint64_t reg)
{
	if (reg == REG_BP)
		return &s->bp;
	if (reg == REG_SP)
		return &s->sp;
	return reg == REG_RA ? &s->ra : &s->other;
}

static int64_t scaled(struct run *r, int64_t factor)
{
	int64_t value;

	if (__builtin_mul_overflow(factor, r->program->data_align, &value))
		r->failed = true;
	return value;
}

static int64_t scaled_uleb(struct run *r)
{
	uint64_t factor = pdiag_cursor_uleb(&r->code);

	if (factor > INT64_MAX)
		r->failed = true;
	return scaled(r, (int64_t)factor);
}

static void set_rule(struct run *r, uint64_t reg, enum rule rule, int64_t offset)
{
	*rule_of(&r->now, reg) = (struct saved){ .rule = rule, .offset = offset };
}

static void restore(struct run *r, uint64_t reg)
{
	*rule_of(&r->now, reg) = *rule_of(&r->first, reg);
}

static void advance(struct run *r, uint64_t delta)
{
	uint64_t step;

	if (__builtin_mul_overflow(delta, r->program->code_align, &step) ||
		__builtin_add_overflow(r->loc, step, &r->loc))
		r->failed = true;
}

static void define_cfa(struct run *r, uint64_t reg, int64_t offset)
{
	r->now.reg = reg;
	r->now.offset = offset;
	r->now.expression = false;
}

/*
 * The linker's stubs (PLT) push one word in the middle of each 16 bytes:
 * SP + 8 + ((IP & 15) >= n) * 8. As they lie at multiples of 16, where it is in the file tells.
 */
static bool is_stub(const unsigned char *e, uint64_t len)
{
	static const unsigned char head[] = { DW_OP_breg7, 8, DW_OP_breg16, 0, DW_OP_lit15,
		DW_OP_and };
	static const unsigned char tail[] = { DW_OP_ge, DW_OP_lit3, DW_OP_shl, DW_OP_plus };

	return len == sizeof(head) + 1 + sizeof(tail) && !memcmp(e, head, sizeof(head)) &&
		e[sizeof(head)] >= DW_OP_lit0 && e[sizeof(head)] <= DW_OP_lit31 &&
		!memcmp(e + sizeof(head) + 1, tail, sizeof(tail));
}

static void define_expression(struct run *r)
{
	uint64_t len = pdiag_cursor_uleb(&r->code);
	const unsigned char *e = pdiag_cursor_skip(&r->code, len);

	if (e && is_stub(e, len)) {
		define_cfa(r, REG_SP, (r->pc & 15) >= (uint64_t)(e[6] - DW_OP_lit0) ? 16 : 8);
		return;
	}
	r->now.expression = true;
}

static void skip_expression(struct run *r)
{
	uint64_t reg = pdiag_cursor_uleb(&r->code);

	set_rule(r, reg, RULE_OTHER, 0);
	pdiag_cursor_skip(&r->code, pdiag_cursor_uleb(&r->code));
}

static void remember(struct run *r)
{
	if (r->remembered_count == REMEMBERED_MAX)
		r->failed = true;
	else
		r->remembered[r->remembered_count++] = r->now;
}

static void recall(struct run *r)
{
	if (!r->remembered_count)
		r->failed = true;
	else
		r->now = r->remembered[--r->remembered_count];
}

/* Those that say where a register of the caller is. */
static void run_register(struct run *r, unsigned int op)
{
	uint64_t reg = pdiag_cursor_uleb(&r->code);

	switch (op) {
	case DW_CFA_offset_extended:
		set_rule(r, reg, RULE_SAVED, scaled_uleb(r));
		break;
	case DW_CFA_offset_extended_sf:
		set_rule(r, reg, RULE_SAVED, scaled(r, pdiag_cursor_sleb(&r->code)));
		break;
	case DW_CFA_restore_extended:
		restore(r, reg);
		break;
	case DW_CFA_undefined:
		set_rule(r, reg, RULE_UNDEFINED, 0);
		break;
	case DW_CFA_same_value:
		set_rule(r, reg, RULE_SAME, 0);
		break;
	case DW_CFA_register:
		set_rule(r, reg, pdiag_cursor_uleb(&r->code) == REG_DI ? RULE_IN_DI : RULE_OTHER,
			0);
		break;
	default: /* a value and no place: each has one operand more */
		pdiag_cursor_uleb(&r->code);
		set_rule(r, reg, RULE_OTHER, 0);
		break;
	}
}

static void run_cfa(struct run *r, unsigned int op)
{
	uint64_t first = 0;

	if (op != DW_CFA_def_cfa_offset_sf)
		first = pdiag_cursor_uleb(&r->code);
	if (op == DW_CFA_def_cfa)
		define_cfa(r, first, (int64_t)pdiag_cursor_uleb(&r->code));
	else if (op == DW_CFA_def_cfa_sf)
		define_cfa(r, first, scaled(r, pdiag_cursor_sleb(&r->code)));
	else if (op == DW_CFA_def_cfa_register)
		r->now.reg = first;
	else if (op == DW_CFA_def_cfa_offset)
		r->now.offset = (int64_t)first;
	else
		r->now.offset = scaled(r, pdiag_cursor_sleb(&r->code));
}

static void run_extended(struct run *r, unsigned int op)
{
	switch (op) {
	case DW_CFA_nop:
		break;
	case DW_CFA_advance_loc1:
		advance(r, pdiag_cursor_uint(&r->code, 1));
		break;
	case DW_CFA_advance_loc2:
		advance(r, pdiag_cursor_uint(&r->code, 2));
		break;
	case DW_CFA_advance_loc4:
		advance(r, pdiag_cursor_uint(&r->code, 4));
		break;
	case DW_CFA_offset_extended:
	case DW_CFA_offset_extended_sf:
	case DW_CFA_restore_extended:
	case DW_CFA_undefined:
	case DW_CFA_same_value:
	case DW_CFA_register:
	case DW_CFA_val_offset:
	case DW_CFA_val_offset_sf:
		run_register(r, op);
		break;
	case DW_CFA_def_cfa:
	case DW_CFA_def_cfa_sf:
	case DW_CFA_def_cfa_register:
	case DW_CFA_def_cfa_offset:
	case DW_CFA_def_cfa_offset_sf:
		run_cfa(r, op);
		break;
	case DW_CFA_def_cfa_expression:
		define_expression(r);
		break;
	case DW_CFA_expression:
	case DW_CFA_val_expression:
		skip_expression(r);
		break;
	case DW_CFA_remember_state:
		remember(r);
		break;
	case DW_CFA_restore_state:
		recall(r);
		break;
	case DW_CFA_GNU_args_size:
		pdiag_cursor_uleb(&r->code);
		break;
	default:
		r->failed = true;
		break;
	}
}

static void run_one(struct run *r)
{
	unsigned int op = (unsigned int)pdiag_cursor_uint(&r->code, 1), low = op & 0x3f;

	switch (op & 0xc0) {
	case DW_CFA_advance_loc:
		advance(r, low);
		break;
	case DW_CFA_offset:
		set_rule(r, low, RULE_SAVED, scaled_uleb(r));
		break;
	case DW_CFA_restore:
		restore(r, low);
		break;
	default:
		run_extended(r, op);
		break;
	}
}

/* One program, up to the row of pc. */
static bool run(struct run *r, const unsigned char *code, size_t len)
{
	r->code = (struct pdiag_cursor){ .at = code, .end = code + len };
	while (pdiag_cursor_left(&r->code) && r->loc <= r->pc) {
		run_one(r);
		if (r->failed || r->code.bad)
			return false;
	}
	return true;
}

static bool fits(int64_t offset)
{
	return offset >= INT32_MIN && offset <= INT32_MAX;
}

/* What is followed: all that compilers say of code that is no signal's. */
static bool make_row(const struct state *s, struct pdiag_cfi_row *row)
{
	row->outermost = s->ra.rule == RULE_UNDEFINED;
	row->base = s->reg == REG_BP ? PDIAG_CFI_BP : PDIAG_CFI_SP;
	if (row->outermost)
		return true;
	if (s->expression || (s->reg != REG_SP && s->reg != REG_BP) || !fits(s->offset) ||
		s->sp.rule != RULE_SAME)
		return false;
	row->ra_in_di = s->ra.rule == RULE_IN_DI;
	if (!row->ra_in_di && (s->ra.rule != RULE_SAVED || s->ra.offset != -8))
		return false;
	if (s->bp.rule > RULE_SAVED || !fits(s->bp.offset))
		return false;
	row->cfa = (int32_t)s->offset;
	row->bp_saved = s->bp.rule == RULE_SAVED;
	row->bp = row->bp_saved ? (int32_t)s->bp.offset : 0;
	return true;
}

bool pdiag_cfi_run(const struct pdiag_cfi_program *program, uint64_t pc, struct pdiag_cfi_row *row)
{
	struct run r = { .program = program, .pc = pc, .loc = program->start,
		.now = { .reg = UINT64_MAX } };

	*row = (struct pdiag_cfi_row){ .base = PDIAG_CFI_NONE };
	if (!run(&r, program->initial, program->initial_len) || r.loc != program->start)
		return false;
	r.first = r.now;
	if (!run(&r, program->instructions, program->instructions_len) || !make_row(&r.now, row)) {
		row->base = PDIAG_CFI_NONE;
		return false;
	}
	return true;
}
