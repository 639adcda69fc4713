// SPDX-License-Identifier: GPL-2.0-only
#include <linux/hrtimer.h>

void try(struct hrtimer *timer, enum hrtimer_restart (*fn)(struct hrtimer *));
void try(struct hrtimer *timer, enum hrtimer_restart (*fn)(struct hrtimer *))
{
	hrtimer_setup(timer, fn, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
}
