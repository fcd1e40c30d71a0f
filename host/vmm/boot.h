/* SPDX-License-Identifier: GPL-2.0-only */
/* Start info of a PVH guest (xen/include/public/arch-x86/hvm/start_info.h). */
#ifndef LIFELINE_VMM_BOOT_H
#define LIFELINE_VMM_BOOT_H

#include "host/vmm/image.h"

/**
 * boot_info() - write start info, memory map and command line below IMAGE_LOWEST
 * @ram: to where host/vmm/layout.h says
 * @cmdline: at most VMM_CMDLINE_SIZE - 1 characters
 *
 * Return: 0; -E2BIG: the command line is longer.
 */
int boot_info(const struct ram *ram, const char *cmdline);

#endif
