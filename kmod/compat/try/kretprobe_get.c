// SPDX-License-Identifier: GPL-2.0-only
/* An instance of a kretprobe does not point to it, but can be asked. */
#include <linux/kprobes.h>

struct kretprobe *try(struct kretprobe_instance *instance);
struct kretprobe *try(struct kretprobe_instance *instance)
{
	return get_kretprobe(instance);
}
