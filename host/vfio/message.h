/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages of MSI and MSI-X: those that the host has given to a function, as the function itself has them, and
 * those that a user makes up. The formats are those of the Intel SDM vol. 3A, 11.11, and VT-d 5.1.5.2.
 */
#ifndef LIFELINE_VFIO_MESSAGE_H
#define LIFELINE_VFIO_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#define CONFIG_BYTES 256u

/** struct message - a write of @data to @address */
struct message {
	uint64_t address;
	uint32_t data;
};

/** enum delivery - delivery mode of the compatibility format */
enum delivery { DELIVER_FIXED = 0, DELIVER_SMI = 2, DELIVER_NMI = 4, DELIVER_INIT = 5 };

/** message_compatible() - @vector at the CPU with APIC id @dest, as without interrupt remapping */
struct message message_compatible(uint8_t dest, enum delivery mode, uint8_t vector);

/** message_offset() - entry @handle of VT-d's remapping table, as an offset from entry 0 (a subhandle) */
struct message message_offset(uint16_t handle);

/** message_is_remappable() - the format that VT-d looks up in its table */
bool message_is_remappable(struct message m);

/** message_handle() - the entry of the remapping table that a remappable message names */
uint16_t message_handle(struct message m);

/**
 * message_of_nobody() - a message that names an entry which nobody has
 * @own: one of the user's own, which says in what form this machine has them: of VT-d by the address, of AMD's IOMMU by
 *	the data alone
 */
struct message message_of_nobody(struct message own);

/**
 * message_config() - configuration space of function @bdf, past VFIO: /sys/bus/pci/devices/BDF/config
 *
 * Return: 0 or -errno: -ENODATA: it is cut short; needs CAP_SYS_ADMIN.
 */
int message_config(const char *bdf, uint8_t config[CONFIG_BYTES]);

/** message_disintx() - is DisINTx of function @bdf set? Return: 1, 0 or -errno */
int message_disintx(const char *bdf);

/** message_set_disintx() - set it, as the host can whoever has the function. Return: 0 or -errno */
int message_set_disintx(const char *bdf);

/** message_capability() - offset of capability @id in @config; 0: it has none */
uint8_t message_capability(const uint8_t config[CONFIG_BYTES], uint8_t id);

/** message_in() - the message that MSI has in @config; false: there is no MSI, it is not whole, or it is not enabled */
bool message_in(const uint8_t config[CONFIG_BYTES], struct message *m);

/**
 * message_of() - the message that MSI of function @bdf has now
 *
 * Return: 0 or -errno: -ENOENT: it has no MSI, or that is not enabled.
 */
int message_of(const char *bdf, struct message *m);

#endif
