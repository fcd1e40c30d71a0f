/* SPDX-License-Identifier: GPL-2.0-only */
/* The devices that the board file lists: no other device is ever touched. */
#ifndef LIFELINE_CONTROL_DEVICE_H
#define LIFELINE_CONTROL_DEVICE_H

#include "guest/dev/descriptor.h"
#include "guest/dev/exerciser.h"

/**
 * struct device - one device of the board
 * @desc: its descriptor
 * @ops: its exerciser; NULL: the board has it for its messages alone
 * @bar: physical address or port of the BAR with its registers; 0: it has none
 * @memory: for its DMA: of the control domain, and of this device alone
 * @late: the board's allowance on the device's own work, ns: not its CPU's clock decides how long it takes
 * @gsi: line of its INTx pin, as the board file says
 * @bdf: bus << 8 | device << 3 | function
 * @taken: a sibling of the running case has it
 * @withdrawn: no case gets it any more
 */
struct device {
	const struct irq_descriptor *desc;
	const struct exerciser *ops;
	uint64_t bar;
	struct dev_memory memory;
	uint64_t late;
	uint32_t gsi;
	uint16_t bdf;
	bool taken;
	bool withdrawn;
};

#define MAX_DEVICES 48

/**
 * device_add() - make a device of the board file known
 * @bdf: where
 * @model: descriptor to use
 * @gsi: its line
 * @late: see struct device
 *
 * Checks that the device there is the one that the board file names, turns on
 * its decoding and silences it.
 *
 * Return: NULL, or what is wrong.
 */
const char *device_add(uint16_t bdf, const char *model, uint32_t gsi, uint64_t late);

#define ANY_LINE 0u

/** device_take() - a free device of @model on line @gsi or ANY_LINE, marked as taken; NULL: none is */
struct device *device_take(const char *model, uint32_t gsi);

/** device_take_behind() - the same, of devices behind a bridge, which can reset them */
struct device *device_take_behind(const char *model, uint32_t gsi);

/** device_at() - device @index of the board, NULL behind the last */
const struct device *device_at(unsigned int index);

/**
 * device_open() - reach @dev from this domain, until device_close(); one device at a time
 * @c: filled in
 */
void device_open(const struct device *dev, struct controller *c);

/** device_bridge() - the bridge of the board file that @dev is behind; NULL: it is on the root bus */
const struct device *device_bridge(const struct device *dev);

/**
 * device_reset_bus() - secondary bus reset of the bridge that @dev is behind
 *
 * Return: 0 or RESCUE_*. Functions behind it have lost their configuration: device_save_bus() before it.
 */
int device_reset_bus(const struct device *dev);

/** device_save_bus() - remember the configuration of @dev and of all that share its bridge */
void device_save_bus(const struct device *dev);

/** device_restore_bus() - give it back to them */
void device_restore_bus(const struct device *dev);

/** device_close() - it is out of reach again */
void device_close(struct controller *c);

/** device_withdraw() - @dev is of no more use until power-off: keep it off its line and from all cases */
void device_withdraw(struct device *dev);

/** uart_add() - make a UART of the board file known, at @port with ISA interrupt @irq. Return: as above */
const char *uart_add(unsigned int irq, uint16_t port);

/** uart_port() - port of the UART with ISA interrupt @irq, 0: the board has none there */
uint16_t uart_port(unsigned int irq);

/** device_release() - silence @dev, by its descriptor and by a reset, and give it back */
void device_release(struct device *dev);

#endif
