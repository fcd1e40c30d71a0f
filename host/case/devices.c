// SPDX-License-Identifier: GPL-2.0-only
#include "host/case/devices.h"

#include <string.h>

#include "guest/control/plan.h"
#include "host/pci/sysfs.h"

static const char *add_device(struct span line, struct case_devices *d)
{
	struct case_device *device = &d->device[d->n];
	struct span word;
	struct bdf bdf;

	if (d->n == DEVICES_MAX)
		return "more devices than a case can have";
	*device = (struct case_device){ 0 };
	if (!plan_next_word(&line, ' ', &word) || word.len >= sizeof(device->bdf))
		return "a device without an address";
	span_copy(word, device->bdf, sizeof(device->bdf));
	if (!bdf_parse(device->bdf, &bdf))
		return "an address that is none; write 0000:00:04.0";
	bdf_format(&bdf, device->bdf);
	if (!plan_next_word(&line, ' ', &word) || word.len >= sizeof(device->model))
		return "a device without a model";
	span_copy(word, device->model, sizeof(device->model));
	device->gsi = (unsigned int)plan_number(line, "gsi", 0);
	device->host = plan_number(line, "host", 0) == 1;
	d->n++;
	return NULL;
}

static const char *add_peer(struct span line, struct case_devices *d)
{
	char bdf[BDF_SIZE];
	struct span word;

	if (!plan_next_word(&line, ' ', &word) || word.len >= sizeof(bdf))
		return "a peer without a device";
	span_copy(word, bdf, sizeof(bdf));
	for (unsigned int i = 0; i < d->n; i++)
		if (!strcmp(d->device[i].bdf, bdf))
			d->device[i].port = (unsigned int)plan_number(line, "port", 0);
	return NULL;
}

const char *devices_parse(const char *text, struct case_devices *d)
{
	struct span all = { text, strlen(text) }, peers = all, line, word;
	const char *wrong = NULL;

	*d = (struct case_devices){ 0 };
	while (!wrong && plan_next_line(&all, &line)) {
		plan_next_word(&line, ' ', &word);
		if (span_is(word, "device"))
			wrong = add_device(line, d);
		else if (!span_is(word, "peer"))
			wrong = "a line that begins with neither device nor peer";
	}
	while (!wrong && plan_next_line(&peers, &line))
		if (plan_next_word(&line, ' ', &word) && span_is(word, "peer"))
			wrong = add_peer(line, d);
	return wrong;
}

const struct case_device *devices_find(const struct case_devices *d, const char *model,
				       unsigned int index)
{
	for (unsigned int i = 0; i < d->n; i++)
		if (!d->device[i].host && !strcmp(d->device[i].model, model) && !index--)
			return &d->device[i];
	return NULL;
}

const struct case_device *devices_host(const struct case_devices *d, const char *model,
				       unsigned int gsi)
{
	for (unsigned int i = 0; i < d->n; i++) {
		const struct case_device *device = &d->device[i];

		if (device->host && !strcmp(device->model, model) && (!gsi || device->gsi == gsi))
			return device;
	}
	return NULL;
}

const struct case_device *devices_at(const struct case_devices *d, const char *bdf)
{
	for (unsigned int i = 0; i < d->n; i++)
		if (!strcmp(d->device[i].bdf, bdf))
			return &d->device[i];
	return NULL;
}

unsigned int devices_irq(const char *bdf)
{
	char path[SYSFS_PATH];

	sysfs_path(path, "/sys/bus/pci/devices/%s/irq", bdf);
	return (unsigned int)sysfs_number(path, 0);
}
