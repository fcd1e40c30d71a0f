// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the hostile cases do not call, with the reason for each: the rest they
 * do. A skipped call is counted in the case's data.
 */
#include "guest/control/line.h"
#include "guest/lib/string.h"
#include "guest/xen/interface.h"
#include "suites/vectors/hostile_ops.h"

#define FIRST_REDTBL   0x10u
#define LACKING_REDTBL 0x40u	/* of pin 24, and the board's IO-APIC has 24 */
#define TIMER_PIN      2u	/* irq 0: ACPI's override */
#define LAST_RAM_FRAME 0x20000u /* 512 MiB: lab/boards/q35-xen.yaml */

static bool is_sharer(const struct hostile_scene *s, uint64_t dom)
{
	for (unsigned int i = 0; i < s->n; i++)
		if (s->sharer[i] == dom)
			return true;
	return false;
}

static bool is_sharers_device(const struct hostile_scene *s, const struct hostile_call *call)
{
	if (hostile_value(call, "bus", 0) || hostile_value(call, "seg", 0))
		return false;
	for (unsigned int i = 0; i < s->n; i++)
		if (s->device[i] == hostile_value(call, "devfn", 0))
			return true;
	return false;
}

/*
 * Harm by right. The control domain is trusted with these, so a sharer that
 * loses by them would tell nothing of the hypervisor.
 */
static const char *by_right(const struct hostile_call *call, const struct hostile_scene *s)
{
	switch (hostile_cmd(call)) {
	case PHYSDEVOP_unmap_pirq:
		/* The toolstack takes the line away from the sharer. */
		if (s->privileged && is_sharer(s, hostile_value(call, "domid", 0)) &&
		    hostile_value(call, "pirq", 0) == s->gsi)
			return "takes the line from a sharer";
		return NULL;
	case PHYSDEVOP_restore_msi:
	case PHYSDEVOP_restore_msi_ext:
		/* With an MSI mapped before, Xen enables MSI in the device, which ends its INTx. */
		return s->privileged && is_sharers_device(s, call) ? "ends the INTx of a sharer"
								   : NULL;
	case PHYSDEVOP_pirq_eoi_gmfn_v1:
	case PHYSDEVOP_pirq_eoi_gmfn_v2:
		/* Xen sets bits in the frame from then on: in the caller's own code or data. */
		return hostile_value(call, "gmfn", 0) < LAST_RAM_FRAME ? "overwrites the caller"
								       : NULL;
	default:
		return NULL;
	}
}

/* @call is a write to the low half of an entry. */
static const char *finding_of_write(const struct hostile_call *call)
{
	uint32_t reg = (uint32_t)hostile_value(call, "reg", 0);
	uint32_t value = (uint32_t)hostile_value(call, "value", 0);

	if (hostile_value(call, "apic_physbase", 0) != IOAPIC_BASE || reg < FIRST_REDTBL || reg & 1)
		return NULL;
	if (reg >= LACKING_REDTBL)
		return "apic-write-no-such-pin";
	return value & RTE_MASK || RTE_VECTOR(value) ? NULL : "pirq-zero-mapped-twice";
}

static const char *finding_of_map(const struct hostile_call *call)
{
	if (hostile_value(call, "type", 0) == MAP_PIRQ_TYPE_MULTI_MSI &&
	    !hostile_value(call, "entry_nr", 1))
		return "multi-msi-of-none";
	return hostile_value(call, "pirq", 1) ? NULL : "pirq-zero-mapped-twice";
}

/* Calls that harm a stock hypervisor: each has a case of its own and docs/findings/<name>.md. */
static const char *finding(const struct hostile_call *call)
{
	switch (hostile_cmd(call)) {
	case PHYSDEVOP_apic_write:
		return finding_of_write(call);
	case PHYSDEVOP_setup_gsi:
		return hostile_value(call, "gsi", 0) == TIMER_PIN ? "setup-gsi-timer" : NULL;
	case PHYSDEVOP_prepare_msix:
	case PHYSDEVOP_release_msix:
		/* Whether Xen knows the device depends on the calls before. */
		return "msix-of-a-device-without";
	case PHYSDEVOP_map_pirq:
		return finding_of_map(call);
	default:
		return NULL;
	}
}

const char *hostile_skip(const struct hostile_call *call, const struct hostile_scene *s)
{
	uint64_t nowhere;

	if (hostile_at(call, &nowhere))
		return NULL; /* nothing is read */
	if (s->privileged && !s->findings && finding(call))
		return finding(call);
	return by_right(call, s);
}
