/* SPDX-License-Identifier: GPL-2.0-only */
/* Walking of user frames that is compiled into its caller, as it is most of what a sample costs. */
#ifndef PDIAG_ARCH_FRAMES_H
#define PDIAG_ARCH_FRAMES_H

#ifdef CONFIG_X86_64
#include "arch/x86_frames.h"
#else
#error "this machine's frames are not known here"
#endif

#endif
