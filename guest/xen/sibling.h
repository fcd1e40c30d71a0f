/* SPDX-License-Identifier: GPL-2.0-only */
/* A domain of Xen as that on which a driver runs. */
#ifndef LIFELINE_XEN_SIBLING_H
#define LIFELINE_XEN_SIBLING_H

#include "guest/role/mailbox.h"

/** sibling_mailbox - page aligned; at the same address in the control domain's image */
extern union sibling_mailbox {
	struct mailbox box;
	char pages[MAILBOX_PAGES * 4096ul];
} sibling_mailbox;

/** sibling_main() - life of a sibling: carry out orders until destroyed */
_Noreturn void sibling_main(void);

#endif
