// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

void try(struct vm_area_struct *vma);
void try(struct vm_area_struct *vma)
{
	vm_flags_clear(vma, VM_MAYWRITE);
}
