/* SPDX-License-Identifier: GPL-2.0-only */
/* Structs of ioctls in and out; see the rules in uapi/pdiag_kmod.h. */
#ifndef PDIAG_USER_H
#define PDIAG_USER_H

#include <linux/uaccess.h>

/*
 * Copy what the caller has to `to`, of `known` bytes, the first of them its size. A struct from a
 * newer caller is fine as long as what is not known here is zero.
 */
static inline int pdiag_copy_in(void *to, size_t known, void __user *from)
{
	u32 size;
	int err;

	if (get_user(size, (u32 __user *)from))
		return -EFAULT;
	if (size < 2 * sizeof(u32))
		return -EINVAL;
	err = size > PAGE_SIZE ? -E2BIG : copy_struct_from_user(to, known, from, size);
	if (err == -E2BIG && put_user((u32)known, (u32 __user *)from))
		return -EFAULT;
	return err;
}

static inline int pdiag_copy_out(void __user *to, const void *from, size_t known)
{
	u32 size = *(const u32 *)from;

	return copy_to_user(to, from, min_t(size_t, size, known)) ? -EFAULT : 0;
}

#endif
