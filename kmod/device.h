/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PDIAG_DEVICE_H
#define PDIAG_DEVICE_H

int pdiag_device_init(void);
void pdiag_device_exit(void);

#endif
