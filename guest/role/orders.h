/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LIFELINE_ROLE_ORDERS_H
#define LIFELINE_ROLE_ORDERS_H

#include "guest/role/driver.h"

/**
 * orders_obey() - life of a domain that drives a device: start it, carry out orders, for ever
 * @d: all zero but @platform and @box
 *
 * A domain whose mailbox names no model starts nothing, and carries out the
 * orders that its platform has.
 */
_Noreturn void orders_obey(struct driver *d);

#endif
