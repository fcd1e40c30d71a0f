// SPDX-License-Identifier: GPL-2.0-only
#include "host/case/devices.h"

#include <string.h>

#include "guest/control/plan.h"
#include "host/pci/sysfs.h"

static bool parse_bdf(struct span *line, char bdf[BDF_SIZE])
{
	struct span word;
	struct bdf parsed;

	if (!plan_next_word(line, ' ', &word) || word.len >= BDF_SIZE)
		return false;
	span_copy(word, bdf, BDF_SIZE);
	if (!bdf_parse(bdf, &parsed))
		return false;
	bdf_format(&parsed, bdf);
	return true;
}

/* Left as it is where @key is not told. Return: false: it is told, and no number up to @most. */
static bool parse_number(struct span line, const char *key, unsigned int most, unsigned int *number)
{
	struct span text;
	uint64_t v;

	if (!plan_value(line, key, &text))
		return true;
	if (!span_number(text, 10, &v) || v > most)
		return false;
	*number = (unsigned int)v;
	return true;
}

/* Return: d->n: it is not listed. */
static unsigned int index_of(const struct case_devices *d, const char *bdf)
{
	unsigned int i = 0;

	while (i < d->n && strcmp(d->device[i].bdf, bdf) != 0)
		i++;
	return i;
}

static const char *add_device(struct span line, struct case_devices *d)
{
	struct case_device device = { 0 };
	unsigned int host = 0;
	struct span word;

	if (d->n == DEVICES_MAX)
		return "more devices than a case can have";
	if (!parse_bdf(&line, device.bdf))
		return "a device without an address; write device 0000:00:04.0 edu";
	if (index_of(d, device.bdf) < d->n)
		return "a device that is listed twice";
	if (!plan_next_word(&line, ' ', &word) || word.len >= sizeof(device.model))
		return "a device without a model; write device 0000:00:04.0 edu";
	span_copy(word, device.model, sizeof(device.model));
	if (!parse_number(line, "gsi", UINT16_MAX, &device.gsi))
		return "a gsi that is no number; write gsi=20";
	if (!parse_number(line, "host", 1, &host))
		return "a host that is neither 0 nor 1";
	device.host = host;
	d->device[d->n++] = device;
	return NULL;
}

static const char *add_peer(struct span line, struct case_devices *d)
{
	char bdf[BDF_SIZE];
	unsigned int i;

	if (!parse_bdf(&line, bdf))
		return "a peer without a device; write peer 0000:00:0c.0 port=41234";
	i = index_of(d, bdf);
	if (i == d->n)
		return "a peer of a device that is not listed";
	if (!parse_number(line, "port", UINT16_MAX, &d->device[i].port))
		return "a port that is none";
	return NULL;
}

const char *devices_parse(const char *text, struct case_devices *d)
{
	struct span all = { text, strlen(text) }, peers = all, line, word;
	const char *wrong = NULL;

	*d = (struct case_devices){ 0 };
	while (!wrong && plan_next_line(&all, &line)) {
		(void)plan_next_word(&line, ' ', &word);
		if (span_is(word, "device"))
			wrong = add_device(line, d);
		else if (!span_is(word, "peer"))
			wrong = "a line that begins with neither device nor peer";
	}
	/* They may stand before their devices. */
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
	unsigned int i = index_of(d, bdf);

	return i < d->n ? &d->device[i] : NULL;
}

unsigned int devices_irq(const char *bdf)
{
	char path[SYSFS_PATH];

	sysfs_path(path, "/sys/bus/pci/devices/%s/irq", bdf);
	return (unsigned int)sysfs_number(path, 0);
}
