/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIFELINE_VFIO_GROUP_H
#define LIFELINE_VFIO_GROUP_H

#include <stdbool.h>

#include "host/vfio/vfio.h"

/** vfio_is_bdf() - is @text a function's name as sysfs has it, "0000:00:04.0"? */
bool vfio_is_bdf(const char *text);

/** vfio_parse_group() - number of the group that link "../../kernel/iommu_groups/5" leads to */
bool vfio_parse_group(const char *link, unsigned int *number);

/**
 * vfio_open_group() - container, group and device files of @v->bdf
 * @v: all files -1; those that were opened are there after a failure too
 *
 * Return: as vfio_open().
 */
int vfio_open_group(struct vfio_device *v, char *error, size_t size);

#endif
