/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Callers that frame pointers skip, over rows and stacks made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/perf_event.h>

#include "unwind/repair.h"
#include "util/array.h"

#define KERNEL ((uint64_t)PERF_CONTEXT_KERNEL)
#define USER ((uint64_t)PERF_CONTEXT_USER)
#define K(n) (0xffffffff81000000ull + (n))
/* Where the stack is; the tests count its words from there. */
#define STACK 0x7ffc00001000ull
#define AT(word) (STACK + 8 * (uint64_t)(word))
#define WORDS 64u
#define ROOM 128u

/* Functions of a page each, by what their code does with the stack. */
#define LEAF 0x10000ull	   /* nothing: the return address is at SP */
#define LOCALS 0x11000ull  /* three words of its own */
#define POINTER 0x12000ull /* keeps a frame pointer */
#define SCRATCH 0x13000ull /* saves BP and uses it for something else, and one word more */
#define SPILLED 0x14000ull /* saves BP, and has not touched it yet */
#define START 0x15000ull   /* the outermost */
#define STUCK 0x16000ull   /* a row that leads nowhere: down the stack */
#define VFORK 0x17000ull   /* the return address is in DI, and SP is the caller's */
#define UNKNOWN 0x1f000ull /* no row */

static uint64_t stack[WORDS], out[ROOM];
static struct pdiag_user_part part;
static uint32_t nr, room = ROOM, max_depth = 127, asked;

static bool find(void *user, uint64_t address, struct pdiag_cfi_row *row)
{
	static const struct pdiag_cfi_row rows[] = {
		{ .base = PDIAG_CFI_SP, .cfa = 8 },
		{ .base = PDIAG_CFI_SP, .cfa = 32 },
		{ .base = PDIAG_CFI_BP, .cfa = 16, .bp_saved = true, .bp = -16 },
		{ .base = PDIAG_CFI_SP, .cfa = 24, .bp_saved = true, .bp = -16 },
		{ .base = PDIAG_CFI_SP, .cfa = 16, .bp_saved = true, .bp = -16 },
		{ .base = PDIAG_CFI_SP, .outermost = true },
		{ .base = PDIAG_CFI_SP, .cfa = -8 },
		{ .base = PDIAG_CFI_SP, .cfa = 0, .ra_in_di = true },
	};
	uint64_t i = (address - LEAF) >> 12;
	(void)user;

	asked++;
	if (address < LEAF || i >= PDIAG_COUNT(rows))
		return false;
	*row = rows[i];
	return true;
}

static int reset(void **state)
{
	(void)state;
	memset(stack, 0x5a, sizeof(stack));
	part = (struct pdiag_user_part){ .sp = STACK, .bp = AT(10),
		.copy = (const unsigned char *)stack, .copy_len = sizeof(stack) };
	room = ROOM;
	max_depth = 127;
	asked = 0;
	return 0;
}

/* On a heap block of exact size, so that a sanitizer sees each byte too far. */
static void repair(const uint64_t *ips, uint32_t count)
{
	unsigned char *copy = malloc(part.copy_len ? part.copy_len : 1);
	struct pdiag_user_part exact = part;

	memcpy(copy, stack, part.copy_len);
	memset(out, 0xee, sizeof(out));
	exact.copy = copy;
	nr = pdiag_unwind_repair(ips, count, &exact, max_depth, find, NULL, out, room);
	free(copy);
}

#define REPAIR(...) \
	do { \
		const uint64_t ips[] = { __VA_ARGS__ }; \
		repair(ips, PDIAG_COUNT(ips)); \
	} while (0)

#define EXPECT(...) \
	do { \
		const uint64_t want[] = { __VA_ARGS__ }; \
		assert_int_equal(nr, PDIAG_COUNT(want)); \
		assert_memory_equal(out, want, sizeof(want)); \
	} while (0)

static void frame(uint32_t word, uint64_t bp, uint64_t ra)
{
	stack[word] = bp;
	stack[word + 1] = ra;
}

/* A function of libc that leaves BP alone, called by one with a frame pointer. */
static void caller_of_a_leaf(void **state)
{
	(void)state;
	part.ip = LEAF + 4;
	stack[0] = POINTER + 4;
	frame(10, 0, POINTER + 40);
	part.copy_len = 8 * 10; /* its frame pointer is beyond the copy */
	REPAIR(KERNEL, K(1), K(2), USER, LEAF + 4, POINTER + 40, POINTER + 80);
	EXPECT(KERNEL, K(1), K(2), USER, LEAF + 4, POINTER + 4, POINTER + 40, POINTER + 80);
}

/* Several, one calling the other; the last word of the copy is the last that is used. */
static void callers_in_a_row(void **state)
{
	(void)state;
	part.ip = LOCALS + 4;
	stack[3] = LEAF + 8;
	stack[4] = LOCALS + 8;
	stack[8] = POINTER + 8;
	part.copy_len = 8 * 9;
	REPAIR(USER, LOCALS + 4, POINTER + 40);
	EXPECT(USER, LOCALS + 4, LEAF + 8, LOCALS + 8, POINTER + 8, POINTER + 40);
	/* A byte less, and nobody knows who is behind. */
	part.copy_len--;
	REPAIR(USER, LOCALS + 4, POINTER + 40);
	EXPECT(USER, LOCALS + 4, LEAF + 8, LOCALS + 8, POINTER + 40);
}

/* The kernel's chain is right from the innermost on: all is as it was. */
static void frame_pointers_alone(void **state)
{
	(void)state;
	part.ip = POINTER + 4;
	part.bp = AT(2);
	frame(2, AT(8), POINTER + 20);
	frame(8, AT(70), POINTER + 30);
	REPAIR(USER, POINTER + 4, POINTER + 20, POINTER + 30, POINTER + 40);
	EXPECT(USER, POINTER + 4, POINTER + 20, POINTER + 30, POINTER + 40);
	/* Beyond the copy at once: nothing to say. */
	part.copy_len = 8;
	REPAIR(USER, POINTER + 4, POINTER + 20, POINTER + 30, POINTER + 40);
	assert_int_equal(nr, 0);
}

/* The return address in a register: known of the innermost frame alone. */
static void caller_in_a_register(void **state)
{
	(void)state;
	part.ip = VFORK + 4;
	part.di = POINTER + 4;
	frame(10, AT(70), POINTER + 30);
	REPAIR(USER, VFORK + 4, POINTER + 30, POINTER + 40);
	EXPECT(USER, VFORK + 4, POINTER + 4, POINTER + 30, POINTER + 40);
	part.di = LOCALS + 4;
	stack[3] = POINTER + 8;
	REPAIR(USER, VFORK + 4, POINTER + 30);
	EXPECT(USER, VFORK + 4, LOCALS + 4, POINTER + 8, POINTER + 30);
	/* What was called by such a one returns to where nobody knows. */
	part.ip = LEAF;
	part.di = POINTER + 4;
	stack[0] = VFORK + 4;
	REPAIR(USER, LEAF, POINTER + 30);
	EXPECT(USER, LEAF, VFORK + 4, POINTER + 30);
	part.ip = VFORK + 4;
	part.di = 5; /* no address */
	REPAIR(USER, VFORK + 4, POINTER + 30);
	assert_int_equal(nr, 0);
}

/* BP is a number in a function of libc: what the kernel made of it was nothing, or garbage. */
static void chain_that_went_astray(void **state)
{
	(void)state;
	part.ip = SCRATCH + 4;
	part.bp = 12345;
	stack[1] = AT(6); /* saved */
	stack[2] = POINTER + 4;
	frame(6, AT(12), POINTER + 20);
	frame(12, AT(200), UNKNOWN + 4);
	REPAIR(USER, SCRATCH + 4);
	EXPECT(USER, SCRATCH + 4, POINTER + 4, POINTER + 20, UNKNOWN + 4);
	REPAIR(USER, SCRATCH + 4, 77, 78);
	EXPECT(USER, SCRATCH + 4, POINTER + 4, POINTER + 20, UNKNOWN + 4);
	/* It may point into the stack by chance. */
	part.bp = AT(30);
	frame(30, 5, 0xabcd00);
	REPAIR(USER, SCRATCH + 4, 0xabcd00);
	EXPECT(USER, SCRATCH + 4, POINTER + 4, POINTER + 20, UNKNOWN + 4);
}

/* The same one frame further: libc calls back (qsort), and the chain breaks behind the callback. */
static void called_back(void **state)
{
	(void)state;
	part.ip = POINTER + 4;
	part.bp = AT(1);
	frame(1, 99, SCRATCH + 8); /* what libc had in BP */
	stack[4] = AT(8);
	stack[5] = POINTER + 60;
	frame(8, AT(14), POINTER + 70);
	frame(14, AT(300), UNKNOWN + 8);
	REPAIR(USER, POINTER + 4, SCRATCH + 8);
	EXPECT(USER, POINTER + 4, SCRATCH + 8, POINTER + 60, POINTER + 70, UNKNOWN + 8);
}

/* By frame pointers as far as the copy reaches, where there are no rows. */
static void pointers_without_rows(void **state)
{
	(void)state;
	part.ip = SCRATCH + 4;
	part.bp = 3;
	stack[1] = AT(6);
	stack[2] = UNKNOWN + 4;
	frame(6, AT(10), UNKNOWN + 20);
	frame(10, AT(10), UNKNOWN + 24); /* a circle ends */
	REPAIR(USER, SCRATCH + 4);
	EXPECT(USER, SCRATCH + 4, UNKNOWN + 4, UNKNOWN + 20, UNKNOWN + 24);
	stack[10] = AT(12) + 4; /* no place for a frame, whatever is there */
	stack[13] = (UNKNOWN + 4) << 32;
	stack[14] = 0;
	REPAIR(USER, SCRATCH + 4);
	EXPECT(USER, SCRATCH + 4, UNKNOWN + 4, UNKNOWN + 20, UNKNOWN + 24);
	stack[10] = AT(12);
	frame(12, AT(20), 17); /* no address */
	REPAIR(USER, SCRATCH + 4);
	EXPECT(USER, SCRATCH + 4, UNKNOWN + 4, UNKNOWN + 20, UNKNOWN + 24);
	stack[1] = AT(1); /* below the caller's frame */
	REPAIR(USER, SCRATCH + 4);
	EXPECT(USER, SCRATCH + 4, UNKNOWN + 4);
	stack[1] = AT(WORDS - 1); /* half in the copy */
	REPAIR(USER, SCRATCH + 4);
	EXPECT(USER, SCRATCH + 4, UNKNOWN + 4);
}

/* BP saved and not yet changed: the kernel's chain goes on from there. */
static void saved_and_untouched(void **state)
{
	(void)state;
	part.ip = SPILLED + 1;
	stack[0] = AT(10);
	stack[1] = UNKNOWN + 4;
	frame(10, AT(400), UNKNOWN + 20);
	REPAIR(USER, SPILLED + 1, UNKNOWN + 20, UNKNOWN + 30);
	EXPECT(USER, SPILLED + 1, UNKNOWN + 4, UNKNOWN + 20, UNKNOWN + 30);
}

/* A row that counts from SP, of a function that has its frame pointer: nothing is told twice. */
static void own_frame_pointer(void **state)
{
	(void)state;
	part.ip = SPILLED + 8;
	part.bp = AT(0);
	stack[0] = AT(10);
	stack[1] = UNKNOWN + 4;
	frame(10, AT(400), UNKNOWN + 20);
	REPAIR(USER, SPILLED + 8, UNKNOWN + 4, UNKNOWN + 20, UNKNOWN + 30);
	EXPECT(USER, SPILLED + 8, UNKNOWN + 4, UNKNOWN + 20, UNKNOWN + 30);
	/* Walked through by rows that leave BP alone: what is below is left out, too. */
	part.ip = LEAF;
	part.bp = AT(1);
	stack[0] = LOCALS + 4;
	frame(1, AT(10), UNKNOWN + 3);
	stack[4] = UNKNOWN + 4;
	REPAIR(USER, LEAF, UNKNOWN + 3, UNKNOWN + 20);
	EXPECT(USER, LEAF, LOCALS + 4, UNKNOWN + 4, UNKNOWN + 20);
	part.bp = AT(1) + 4; /* and where nothing can be made of it, all */
	stack[1] = stack[2] = 0;
	REPAIR(USER, LEAF);
	EXPECT(USER, LEAF, LOCALS + 4, UNKNOWN + 4);
}

static void up_to_the_start(void **state)
{
	(void)state;
	part.ip = LEAF;
	part.bp = 1;
	stack[0] = LOCALS + 4;
	stack[4] = START + 4;
	REPAIR(USER, LEAF, 0xdead00, 0xbeef00);
	EXPECT(USER, LEAF, LOCALS + 4, START + 4);
	part.ip = START;
	REPAIR(USER, START, 0xdead00);
	EXPECT(USER, START);
}

/* A return address may be the first behind a function: the call is in it. */
static void call_at_the_end(void **state)
{
	(void)state;
	part.ip = LEAF;
	stack[0] = LOCALS; /* a call that is the last of LEAF */
	stack[1] = UNKNOWN + 4;
	frame(10, 0, UNKNOWN + 20);
	REPAIR(USER, LEAF, UNKNOWN + 20);
	EXPECT(USER, LEAF, LOCALS, UNKNOWN + 4, UNKNOWN + 20);
}

/* The kernel could not tell BP: as long as nobody needs it, its chain goes on. */
static void bp_not_told(void **state)
{
	(void)state;
	part.ip = LEAF;
	part.bp = UINT64_MAX;
	stack[0] = POINTER + 4;
	REPAIR(USER, LEAF, UNKNOWN + 20, UNKNOWN + 30);
	EXPECT(USER, LEAF, POINTER + 4, UNKNOWN + 20, UNKNOWN + 30);
	part.ip = POINTER;
	REPAIR(USER, POINTER, UNKNOWN + 20, UNKNOWN + 30);
	assert_int_equal(nr, 0);
	/* Saved by a frame: the same, if the kernel came by there ... */
	part.ip = SPILLED;
	stack[0] = AT(10);
	stack[1] = POINTER + 4;
	frame(10, AT(400), UNKNOWN + 20);
	REPAIR(USER, SPILLED, UNKNOWN + 20, UNKNOWN + 30);
	EXPECT(USER, SPILLED, POINTER + 4, UNKNOWN + 20, UNKNOWN + 30);
	REPAIR(USER, SPILLED, POINTER + 4, UNKNOWN + 20, UNKNOWN + 30);
	EXPECT(USER, SPILLED, POINTER + 4, UNKNOWN + 20, UNKNOWN + 30);
	/* ... else its chain is one of something else. */
	REPAIR(USER, SPILLED, 0xdead00);
	EXPECT(USER, SPILLED, POINTER + 4, UNKNOWN + 20);
	/* And what cannot be held against it is left alone. */
	stack[0] = AT(100);
	REPAIR(USER, SPILLED, UNKNOWN + 20, UNKNOWN + 30);
	assert_int_equal(nr, 0);
}

static void left_alone(void **state)
{
	(void)state;
	stack[0] = POINTER + 4;
	part.ip = UNKNOWN; /* no row */
	REPAIR(USER, UNKNOWN, UNKNOWN + 20);
	assert_int_equal(nr, 0);
	part.ip = STUCK;
	REPAIR(USER, STUCK, UNKNOWN + 20);
	assert_int_equal(nr, 0);
	part.ip = LEAF;
	REPAIR(KERNEL, K(1), K(2)); /* no user's part */
	assert_int_equal(nr, 0);
	REPAIR(KERNEL, K(1), USER);
	assert_int_equal(nr, 0);
	repair(NULL, 0);
	assert_int_equal(nr, 0);
	frame(10, 0, UNKNOWN + 20);
	REPAIR(USER, LEAF + 1, UNKNOWN + 20); /* of another moment */
	assert_int_equal(nr, 0);
	REPAIR(USER, LEAF, UNKNOWN + 24);
	assert_int_equal(nr, 0);
	stack[0] = 17; /* no address */
	REPAIR(USER, LEAF, UNKNOWN + 20);
	assert_int_equal(nr, 0);
	stack[0] = 1ull << 56;
	REPAIR(USER, LEAF, UNKNOWN + 20);
	assert_int_equal(nr, 0);
	stack[0] = POINTER + 4;
	part.sp += 4;
	REPAIR(USER, LEAF, UNKNOWN + 20);
	assert_int_equal(nr, 0);
	part.sp = 8;
	REPAIR(USER, LEAF, UNKNOWN + 20);
	assert_int_equal(nr, 0);
	part.sp = STACK;
	for (part.copy_len = 0; part.copy_len < 8; part.copy_len++) {
		REPAIR(USER, LEAF, UNKNOWN + 20);
		assert_int_equal(nr, 0);
	}
	REPAIR(USER, LEAF, UNKNOWN + 20);
	EXPECT(USER, LEAF, POINTER + 4, UNKNOWN + 20);
}

/* A stack at the end of all addresses, and sums that would go around. */
static void ends_of_the_address_space(void **state)
{
	(void)state;
	part.ip = LEAF;
	part.sp = UINT64_MAX - 7;
	part.bp = UINT64_MAX - 1;
	stack[0] = LEAF + 4;
	REPAIR(USER, LEAF, UNKNOWN + 20);
	assert_int_equal(nr, 0);
	part.ip = POINTER;
	for (part.bp = UINT64_MAX - 40; part.bp; part.bp++) {
		REPAIR(USER, POINTER, UNKNOWN + 20);
		assert_int_equal(nr, 0);
	}
}

/* No more frames than were asked for, and than there is room for. */
static void bounds(void **state)
{
	(void)state;
	part.ip = LEAF;
	for (uint32_t i = 0; i < WORDS; i++)
		stack[i] = LEAF + 4;
	REPAIR(KERNEL, K(1), USER, LEAF, UNKNOWN + 20);
	assert_int_equal(nr, 0); /* BP does not agree: its frame's return address is another */
	part.bp = AT(1000);
	asked = 0;
	REPAIR(KERNEL, K(1), USER, LEAF, UNKNOWN + 20);
	assert_int_equal(nr, 4 + WORDS + 1);
	assert_int_equal(asked, WORDS);
	for (max_depth = 3; max_depth < 8; max_depth++) {
		REPAIR(KERNEL, K(1), USER, LEAF, UNKNOWN + 20);
		assert_int_equal(nr, max_depth + 2); /* and two marks */
		assert_int_equal(out[nr], 0xeeeeeeeeeeeeeeeeull);
	}
	for (max_depth = 0; max_depth < 3; max_depth++) {
		REPAIR(KERNEL, K(1), USER, LEAF, UNKNOWN + 20);
		assert_int_equal(nr, 0);
	}
	max_depth = 127;
	for (room = 0; room < 12; room++) {
		REPAIR(KERNEL, K(1), USER, LEAF, UNKNOWN + 20);
		assert_int_equal(nr, room < 5 ? 0 : room);
		assert_int_equal(out[room], 0xeeeeeeeeeeeeeeeeull);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(caller_of_a_leaf, reset),
		cmocka_unit_test_setup(callers_in_a_row, reset),
		cmocka_unit_test_setup(frame_pointers_alone, reset),
		cmocka_unit_test_setup(caller_in_a_register, reset),
		cmocka_unit_test_setup(chain_that_went_astray, reset),
		cmocka_unit_test_setup(called_back, reset),
		cmocka_unit_test_setup(pointers_without_rows, reset),
		cmocka_unit_test_setup(saved_and_untouched, reset),
		cmocka_unit_test_setup(own_frame_pointer, reset),
		cmocka_unit_test_setup(up_to_the_start, reset),
		cmocka_unit_test_setup(call_at_the_end, reset),
		cmocka_unit_test_setup(bp_not_told, reset),
		cmocka_unit_test_setup(left_alone, reset),
		cmocka_unit_test_setup(ends_of_the_address_space, reset),
		cmocka_unit_test_setup(bounds, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
