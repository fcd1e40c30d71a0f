/* SPDX-License-Identifier: GPL-2.0-only */
/* Does a load work already? The kernel's own counters of the device say it. */
#ifndef LIFELINE_LOAD_PROGRESS_H
#define LIFELINE_LOAD_PROGRESS_H

#include "host/load/child.h"

/** progress_disk() - reads of disk @name that were completed; 0 if there is none */
uint64_t progress_disk(const char *name);

/** progress_nic() - frames that interface @name has sent; 0 if there is none */
uint64_t progress_nic(const char *name);

/**
 * progress_await() - wait until a load works
 * @c: the load
 * @count: progress_disk or progress_nic
 * @name: of the device
 * @more: so much more than now
 * @ns: how long at most
 *
 * Return: 0 or -errno, with one line in @error: -ETIMEDOUT, -ECHILD the load has ended.
 */
int progress_await(const struct child *c, uint64_t (*count)(const char *), const char *name,
		   uint64_t more, uint64_t ns, char *error, size_t size);

#endif
