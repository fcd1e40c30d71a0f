/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The functions that a case may touch: $LIFELINE_DEVICES, a line each, as the agent or a person gives them:
 *
 *	device 0000:00:04.0 edu gsi=20
 *	device 0000:00:08.0 ahci gsi=20 host=1
 *	peer 0000:00:0c.0 port=41234
 *
 * `host=1`: the host's own driver has it and keeps it. `peer`: an iperf3 server for the NIC listens
 * there, on the other side of its network.
 */
#ifndef LIFELINE_CASE_DEVICES_H
#define LIFELINE_CASE_DEVICES_H

#include <stdbool.h>
#include <stdint.h>

#include "host/pci/bdf.h"

#define DEVICES_MAX  32
#define DEVICE_MODEL 16

/**
 * struct case_device - a function
 * @bdf: as in sysfs
 * @model: in the words of board files, e.g. "edu"
 * @gsi: of its pin, 0: not told
 * @host: the host's own driver has it
 * @port: of its peer, 0: it has none
 */
struct case_device {
	char bdf[BDF_SIZE];
	char model[DEVICE_MODEL];
	unsigned int gsi, port;
	bool host;
};

/** struct case_devices - all of them */
struct case_devices {
	unsigned int n;
	struct case_device device[DEVICES_MAX];
};

/**
 * devices_parse() - read the lines of @text
 *
 * Return: NULL, or what is wrong with the first bad line (static text).
 */
const char *devices_parse(const char *text, struct case_devices *d);

/** devices_find() - device @index, from 0, of @model that is no host's; NULL: there are not so many */
const struct case_device *devices_find(const struct case_devices *d, const char *model,
				       unsigned int index);

/** devices_host() - the first of @model that the host's driver has, on line @gsi, 0: on any; NULL: there is none */
const struct case_device *devices_host(const struct case_devices *d, const char *model,
				       unsigned int gsi);

/** devices_at() - the one at @bdf; NULL: it may not be touched */
const struct case_device *devices_at(const struct case_devices *d, const char *bdf);

/** devices_irq() - the kernel's number of function @bdf's line; 0: it has none */
unsigned int devices_irq(const char *bdf);

#endif
