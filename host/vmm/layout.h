/* SPDX-License-Identifier: GPL-2.0-only */
/* Where things are in the small VMM's machine. The guest learns all of it by its command line or by PCI. */
#ifndef LIFELINE_VMM_LAYOUT_H
#define LIFELINE_VMM_LAYOUT_H

/* Guest-physical addresses. */
#define VMM_START_INFO 0x1000u	   /* struct hvm_start_info, and the memory map behind it */
#define VMM_CMDLINE    0x2000u	   /* up to VMM_CMDLINE_SIZE bytes with the NUL */
#define VMM_RAM_SIZE   0x800000u   /* RAM, from 0 on */
#define VMM_MAILBOX    0x700000u   /* struct mailbox, behind the image */
#define VMM_BARS       0xe0000000u /* memory BARs, each at a multiple of its size */
#define VMM_BARS_END   0xf0000000u

#define VMM_CMDLINE_SIZE 256u

/* Ports. */
#define VMM_DEBUG_PORT 0xe9u   /* a byte of the guest's last words */
#define VMM_EXIT_PORT  0x501u  /* BOARD_EXIT_PORT of guest/arch/io.h: the machine ends */
#define VMM_TELL_PORT  0x600u  /* the guest tells its controller to look into the mailbox */
#define VMM_PORTS      0xc000u /* I/O BARs, each at a multiple of its size */
#define VMM_PORTS_END  0x10000u

/* GSIs: pins 0 to 23 of the IO-APIC; a message has one from VMM_GSI_MESSAGE on. */
#define VMM_GSI_KICK	4u  /* edge: the controller says "look into the mailbox" */
#define VMM_GSI_LINE	20u /* level: INTx of the device */
#define VMM_GSI_MESSAGE 24u

/* The one PCI function: 00:04.0 */
#define VMM_SLOT 4u

#endif
