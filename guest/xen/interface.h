/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Xen's stable public interface as Debian's libxen-dev ships it. What is not
 * stable (domctl, sysctl) is included by the per-version shim alone.
 */
#ifndef LIFELINE_XEN_INTERFACE_H
#define LIFELINE_XEN_INTERFACE_H

#include <stdint.h>

#define __XEN_INTERFACE_VERSION__ 0x00040e00

#include <xen/xen.h>
#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/memory.h>
#include <xen/physdev.h>
#include <xen/sched.h>
#include <xen/version.h>

#endif
