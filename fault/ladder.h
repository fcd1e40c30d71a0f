/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ladder of rescues: what a control domain can do about a device that asserts
 * its line and whose driver is gone, as xen-devel went through it in 2005. Each
 * rung is a verb of its own, over configuration space alone; the lowest, the
 * descriptor, is rescue_by_descriptor() in fault/fault.h.
 */
#ifndef LIFELINE_FAULT_LADDER_H
#define LIFELINE_FAULT_LADDER_H

#include "guest/dev/io.h"

/** RESCUE_NOT_THERE - the function has no such capability: nothing was done */
#define RESCUE_NOT_THERE (-1)
/** RESCUE_TIMEOUT - it did not come back within the time that the specification gives it */
#define RESCUE_TIMEOUT (-2)

/**
 * rescue_by_intx_disable() - DisINTx, bit 10 of Command (PCI 2.3, 6.2.2)
 * @config: of the function
 *
 * Effect: INTx is not asserted, whatever the device does. Return: 0, or
 * RESCUE_NOT_THERE if the bit does not stick: a device of before PCI 2.3.
 */
int rescue_by_intx_disable(const struct dev_io *config);

/** rescue_by_master_off() - Bus Master Enable off: no DMA, no messages. A level stays. Return: 0 */
int rescue_by_master_off(const struct dev_io *config);

/**
 * rescue_by_power_cycle() - D0 -> D3hot -> D0 (PCI PM 1.2, 5.4: 10 ms each)
 *
 * Effect: no INTx in D3hot; a reset on the way back unless No_Soft_Reset is set.
 * Return: 0 or RESCUE_NOT_THERE.
 */
int rescue_by_power_cycle(const struct dev_io *config);

/**
 * rescue_by_function_reset() - FLR (PCIe 5.0, 6.6.2; conventional: AF ECN), 100 ms
 *
 * Return: 0, RESCUE_NOT_THERE or RESCUE_TIMEOUT.
 */
int rescue_by_function_reset(const struct dev_io *config);

/**
 * rescue_by_bus_reset() - secondary bus reset by the bridge above, bit 6 of Bridge Control
 * @bridge: configuration space of the bridge; NULL: there is none
 * @config: of the function: waited for, up to 1 s
 *
 * Effect: everything behind the bridge is reset. Return: as above.
 */
int rescue_by_bus_reset(const struct dev_io *bridge, const struct dev_io *config);

/** struct config_saved - what a reset takes from configuration space and a driver needs */
struct config_saved {
	uint32_t bar[6];
	uint16_t command;
};

/** config_save() - remember it */
void config_save(const struct dev_io *config, struct config_saved *saved);

/** config_restore() - write it again, with DisINTx clear */
void config_restore(const struct dev_io *config, struct config_saved *saved);

#endif
