// SPDX-License-Identifier: GPL-2.0-only
#include "host/pci/config.h"

#include <string.h>

/* PCI Local Bus 3.0, 6.1, 6.2, 6.8; the bits' names are those of linux/pci_regs.h. */
#define COMMAND		0x04
#define STATUS		0x06
#define STATUS_CAP_LIST 0x10
#define HEADER_TYPE	0x0e
#define CAP_POINTER	0x34
#define INTERRUPT_LINE	0x3c
#define INTERRUPT_PIN	0x3d
#define HEADER_END	0x40

#define CAP_PM	 0x01
#define CAP_MSI	 0x05
#define CAP_PCIE 0x10
#define CAP_MSIX 0x11
#define CAP_AF	 0x13

#define PM_CONTROL	 4
#define PM_NO_SOFT_RST	 (1u << 3)
#define MSI_FLAGS	 2
#define MSI_ON		 (1u << 0)
#define MSI_COUNT(f)	 ((f) >> 1 & 7)
#define MSI_COUNT_MAX	 5 /* 32 messages; 6 and 7 are reserved */
#define MSI_MASKS	 (1u << 8)
#define MSIX_FLAGS	 2
#define MSIX_TABLE	 4
#define MSIX_ON		 (1u << 15)
#define MSIX_MASKED	 (1u << 14)
#define PCIE_FLAGS	 2
#define PCIE_DEVCAP	 4
#define PCIE_FLR	 (1u << 28)
#define PCIE_DEVCTL2	 0x28
#define PCIE_DEVCTL2_ARI (1u << 5)
#define AF_CAPS		 3
#define AF_TP_FLR	 3u

struct space {
	const uint8_t *bytes;
	size_t size;
};

/* What is not there reads as 0: no capability has a meaning of that. */
static uint8_t get8(const struct space *s, unsigned int offset)
{
	return offset < s->size ? s->bytes[offset] : 0;
}

static uint16_t get16(const struct space *s, unsigned int offset)
{
	return (uint16_t)(get8(s, offset) | get8(s, offset + 1) << 8);
}

static uint32_t get32(const struct space *s, unsigned int offset)
{
	return get16(s, offset) | (uint32_t)get16(s, offset + 2) << 16;
}

static void take_msi(const struct space *s, unsigned int at, struct config_facts *facts)
{
	uint16_t flags = get16(s, at + MSI_FLAGS);

	if (MSI_COUNT(flags) > MSI_COUNT_MAX)
		return;
	facts->msi = (uint8_t)(1u << MSI_COUNT(flags));
	facts->msi_masks = flags & MSI_MASKS;
	facts->msi_on = flags & MSI_ON;
}

static void take_msix(const struct space *s, unsigned int at, struct config_facts *facts)
{
	uint16_t flags = get16(s, at + MSIX_FLAGS);
	uint32_t table = get32(s, at + MSIX_TABLE);

	if ((table & 7) > 5)
		return;
	facts->msix = (uint16_t)((flags & 0x7ff) + 1);
	facts->msix_on = flags & MSIX_ON;
	facts->msix_masked = flags & MSIX_MASKED;
	facts->msix_bar = table & 7;
	facts->msix_table = table & ~7u;
}

static void take_pcie(const struct space *s, unsigned int at, struct config_facts *facts)
{
	uint16_t flags = get16(s, at + PCIE_FLAGS);

	facts->pcie = true;
	facts->pcie_type = flags >> 4 & 15;
	facts->pcie_flr = get32(s, at + PCIE_DEVCAP) & PCIE_FLR;
	/* Version 1 of the capability ends before. */
	if ((flags & 15) >= 2)
		facts->ari_forwarding = get16(s, at + PCIE_DEVCTL2) & PCIE_DEVCTL2_ARI;
}

/* Of two capabilities with one identifier the first counts, as in pci_find_capability(). */
static void take(const struct space *s, unsigned int at, struct config_facts *facts)
{
	switch (get8(s, at)) {
	case CAP_PM:
		if (!facts->pm)
			facts->pm_keeps = get16(s, at + PM_CONTROL) & PM_NO_SOFT_RST;
		facts->pm = true;
		break;
	case CAP_MSI:
		if (!facts->msi)
			take_msi(s, at, facts);
		break;
	case CAP_MSIX:
		if (!facts->msix)
			take_msix(s, at, facts);
		break;
	case CAP_PCIE:
		if (!facts->pcie)
			take_pcie(s, at, facts);
		break;
	case CAP_AF:
		facts->af_flr |= (get8(s, at + AF_CAPS) & AF_TP_FLR) == AF_TP_FLR;
		break;
	default:
		break;
	}
}

static enum capability_list walk(const struct space *s, struct config_facts *facts)
{
	bool been[CONFIG_SIZE / 4] = { false };
	unsigned int at = get8(s, CAP_POINTER) & ~3u;

	for (; at; at = get8(s, at + 1) & ~3u) {
		if (at < HEADER_END || at + 4 > s->size)
			return LIST_OUTSIDE;
		if (been[at / 4])
			return LIST_LOOPS;
		been[at / 4] = true;
		if (get8(s, at) == 0xff)
			return LIST_ONES;
		take(s, at, facts);
	}
	return LIST_WHOLE;
}

void config_facts(const uint8_t *bytes, size_t size, struct config_facts *facts)
{
	struct space s = { bytes, size < CONFIG_SIZE ? size : CONFIG_SIZE };

	memset(facts, 0, sizeof(*facts));
	if (s.size < HEADER_END || get16(&s, 0) == 0xffff)
		return;
	facts->answers = true;
	facts->header = get8(&s, HEADER_TYPE) & 0x7f;
	facts->command = get16(&s, COMMAND);
	facts->status = get16(&s, STATUS);
	facts->line = get8(&s, INTERRUPT_LINE);
	if (get8(&s, INTERRUPT_PIN) <= 4)
		facts->pin = get8(&s, INTERRUPT_PIN);
	/* CardBus bridges have the pointer elsewhere: nothing of theirs is of use here. */
	if (facts->status & STATUS_CAP_LIST && facts->header <= 1)
		facts->list = walk(&s, facts);
}

const char *capability_list_text(enum capability_list list)
{
	switch (list) {
	case LIST_LOOPS:
		return "its capability list loops";
	case LIST_OUTSIDE:
		return "its capability list leaves what can be read";
	case LIST_ONES:
		return "its capability list ends in all ones";
	default:
		return NULL;
	}
}
