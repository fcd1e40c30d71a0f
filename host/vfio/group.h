/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIFELINE_VFIO_GROUP_H
#define LIFELINE_VFIO_GROUP_H

#include <sys/types.h>

#include "host/vfio/vfio.h"

/**
 * vfio_open_group() - container, group and device files of @v->bdf
 * @v: all files -1; those that were opened are there after a failure too
 *
 * Return: as vfio_open().
 */
int vfio_open_group(struct vfio_device *v, char *error, size_t size);

/**
 * vfio_copy_device() - the device's file of process @pid, which has it open, as @v->device
 *
 * Return: as vfio_adopt().
 */
int vfio_copy_device(struct vfio_device *v, pid_t pid, char *error, size_t size);

#endif
