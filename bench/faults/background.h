/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a machine does when nothing is wrong, and it is never twice the same. */
#ifndef BACKGROUND_H
#define BACKGROUND_H

#include <stdbool.h>
#include <stdint.h>

struct role {
	const char *name;
	void (*run)(const char *work);
};

extern const struct role roles[];

/* How much is asked for now: 1 is normal. */
double level_now(void);
bool is_over(void);
uint64_t clock_ns(void);
void nap(double seconds);
/* Spend so much time of the CPU. */
void work_for(double seconds);
/* From one turn to the next: 1 / (rate * level) s, on average. */
void next_turn(double rate);

void role_web(const char *work);
void role_store(const char *work);
void role_cron(const char *work);
void role_net(const char *work);
void role_build(const char *work);
void role_rotate(const char *work);
void role_flurry(const char *work);
void role_crowd(const char *work);

#endif
