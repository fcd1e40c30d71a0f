/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A sibling as HVM domain without a device model: Xen shows it the interrupt controllers
 * of a PC, and its line comes by a pin of the virtual IO-APIC and is ended at the virtual
 * local APIC (xen/drivers/passthrough/x86/hvm.c). All else is as in a PV sibling.
 */
#ifndef LIFELINE_XEN_HVM_H
#define LIFELINE_XEN_HVM_H

#include "guest/role/platform.h"

/**
 * hvm_platform() - what a driver runs on
 * @xen: of a PV sibling, for what is the same
 * @box: mailbox: @pin and @port
 */
const struct platform *hvm_platform(const struct platform *xen, const struct mailbox *box);

#endif
