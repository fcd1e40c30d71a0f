/* SPDX-License-Identifier: GPL-2.0-only */
/* Builds a sibling: a PV or PVH domain that runs this very image. */
#ifndef LIFELINE_CONTROL_BUILD_H
#define LIFELINE_CONTROL_BUILD_H

#include "guest/role/mailbox.h"
#include "guest/xen/interface.h"

/**
 * build_domain() - create a paused PV domain that will enter guest_main()
 * @dom: its id
 * @box: its mailbox, mapped here; valid until build_unmap_mailbox()
 * @slot: which of the mailbox windows to use, below MAX_SIBLINGS
 *
 * Return: 0 or -errno; on error nothing is left.
 */
int build_domain(domid_t *dom, struct mailbox **box, unsigned int slot);

/** build_pvh() - the same as PVH domain, which will enter pvh_main(); it has no device */
int build_pvh(domid_t *dom, struct mailbox **box, unsigned int slot);

/** build_hvm() - the same as HVM domain with Xen's interrupt controllers, and no device model */
int build_hvm(domid_t *dom, struct mailbox **box, unsigned int slot);

/** build_unmap_mailbox() - drop the mapping, which would keep a dead domain from going */
void build_unmap_mailbox(unsigned int slot);

#define MAX_SIBLINGS 34

#endif
