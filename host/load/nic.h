/* SPDX-License-Identifier: GPL-2.0-only */
/* An interface is brought up with a static address, and down again. */
#ifndef LIFELINE_LOAD_NIC_H
#define LIFELINE_LOAD_NIC_H

#include <net/if.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct nic - an interface that was brought up
 * @name: of it; empty: none
 * @flags: IFF_* that it had before
 */
struct nic {
	char name[IFNAMSIZ];
	short flags;
};

/**
 * nic_up() - bring interface @name up
 * @nic: for nic_down()
 * @address: "10.0.2.15", with a netmask of 24 bits
 *
 * Return: 0 or -errno, with one line in @error: -ENODEV no such interface, -EBUSY it is up already:
 * somebody uses it, -EINVAL no address.
 */
int nic_up(struct nic *nic, const char *name, const char *address, char *error, size_t size);

/** nic_await_carrier() - wait up to @ns for the link. Return: 0 or -ETIMEDOUT, with one line in @error */
int nic_await_carrier(const struct nic *nic, uint64_t ns, char *error, size_t size);

/** nic_down() - take the address away and bring it down, if nic_up() brought it up */
void nic_down(struct nic *nic);

#endif
