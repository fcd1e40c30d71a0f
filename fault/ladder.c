// SPDX-License-Identifier: GPL-2.0-only
#include "fault/ladder.h"

#include "guest/dev/pci.h"

#define BRIDGE_CONTROL	0x3e
#define SECONDARY_RESET (1u << 6)

#define CAP_PM	      0x01
#define PM_CONTROL    4 /* PCI PM 1.2, 3.2.4 */
#define PM_STATE      3u
#define PM_D3HOT      3u
#define PM_SETTLE     10000000ull
#define CAP_PCIE      0x10
#define PCIE_CAPS     4 /* Device Capabilities, PCIe 5.0, 7.5.3.3 */
#define PCIE_CAN_FLR  (1u << 28)
#define PCIE_CONTROL  8
#define PCIE_FLR      (1u << 15)
#define CAP_AF	      0x13 /* ECN "Advanced Capabilities for Conventional PCI" */
#define AF_CAPS	      3
#define AF_CAN_FLR    3u /* TP and FLR */
#define AF_CONTROL    4
#define AF_FLR	      1u
#define FLR_SETTLE    100000000ull
#define RESET_HOLD    2000000ull /* Trst is 1 ms */
#define RESET_POLL    1000000ull
#define RESET_RECOVER 100000000ull  /* PCIe 5.0, 6.6.1 */
#define RESET_LIMIT   1000000000ull /* Trhfa of conventional PCI */

static uint32_t get(const struct dev_io *config, uint16_t offset, uint8_t width)
{
	return config->config_read(config->ctx, offset, width);
}

static void put(const struct dev_io *config, uint16_t offset, uint8_t width, uint32_t value)
{
	config->config_write(config->ctx, offset, width, value);
}

static void wait(const struct dev_io *config, uint64_t ns)
{
	config->sleep(config->ctx, ns);
}

/* All ones: nothing is there, or it does not answer yet. */
static bool answers(const struct dev_io *config)
{
	return get(config, PCI_VENDOR_ID, 2) != 0xffff;
}

int rescue_by_intx_disable(const struct dev_io *config)
{
	put(config, PCI_COMMAND, 2, get(config, PCI_COMMAND, 2) | PCI_COMMAND_DISINTX);
	return get(config, PCI_COMMAND, 2) & PCI_COMMAND_DISINTX ? 0 : RESCUE_NOT_THERE;
}

int rescue_by_master_off(const struct dev_io *config)
{
	put(config, PCI_COMMAND, 2, get(config, PCI_COMMAND, 2) & ~PCI_COMMAND_MASTER);
	return 0;
}

int rescue_by_power_cycle(const struct dev_io *config)
{
	uint16_t cap = config_find_capability(config, CAP_PM);
	uint32_t control;

	if (!cap)
		return RESCUE_NOT_THERE;
	control = get(config, cap + PM_CONTROL, 2) & ~PM_STATE;
	put(config, cap + PM_CONTROL, 2, control | PM_D3HOT);
	wait(config, PM_SETTLE);
	put(config, cap + PM_CONTROL, 2, control);
	wait(config, PM_SETTLE);
	return answers(config) ? 0 : RESCUE_TIMEOUT;
}

int rescue_by_function_reset(const struct dev_io *config)
{
	uint16_t pcie = config_find_capability(config, CAP_PCIE),
		 af = config_find_capability(config, CAP_AF);

	if (pcie && get(config, pcie + PCIE_CAPS, 4) & PCIE_CAN_FLR)
		put(config, pcie + PCIE_CONTROL, 2, get(config, pcie + PCIE_CONTROL, 2) | PCIE_FLR);
	else if (af && (get(config, af + AF_CAPS, 1) & AF_CAN_FLR) == AF_CAN_FLR)
		put(config, af + AF_CONTROL, 2, AF_FLR);
	else
		return RESCUE_NOT_THERE;
	wait(config, FLR_SETTLE);
	return answers(config) ? 0 : RESCUE_TIMEOUT;
}

int rescue_by_bus_reset(const struct dev_io *bridge, const struct dev_io *config)
{
	uint64_t end;
	uint32_t control;

	if (!bridge)
		return RESCUE_NOT_THERE;
	control = get(bridge, BRIDGE_CONTROL, 2) & ~SECONDARY_RESET;
	put(bridge, BRIDGE_CONTROL, 2, control | SECONDARY_RESET);
	wait(bridge, RESET_HOLD);
	put(bridge, BRIDGE_CONTROL, 2, control);
	end = config->now(config->ctx) + RESET_LIMIT;
	wait(bridge, RESET_RECOVER);
	while (!answers(config)) {
		if (config->now(config->ctx) >= end)
			return RESCUE_TIMEOUT;
		wait(config, RESET_POLL);
	}
	return 0;
}

void config_save(const struct dev_io *config, struct config_saved *saved)
{
	for (uint16_t i = 0; i < 6; i++)
		saved->bar[i] = get(config, PCI_BAR0 + 4 * i, 4);
	saved->command = (uint16_t)get(config, PCI_COMMAND, 2);
}

void config_restore(const struct dev_io *config, struct config_saved *saved)
{
	for (uint16_t i = 0; i < 6; i++)
		put(config, PCI_BAR0 + 4 * i, 4, saved->bar[i]);
	put(config, PCI_COMMAND, 2, saved->command & ~PCI_COMMAND_DISINTX);
}
