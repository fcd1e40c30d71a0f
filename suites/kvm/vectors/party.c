// SPDX-License-Identifier: GPL-2.0-only
#include "suites/kvm/vectors/party.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/probe/clock.h"
#include "host/probe/file.h"

#define UNSAFE	"/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"
#define ARRIVES (20 * NS_PER_MS) /* a message is delivered, and its counter shown, at once */

enum taken party_begin(struct party *p, char why[TAKE_WHY])
{
	tenant_init(&p->user);
	tenant_init(&p->neighbour);
	return case_devices(&p->devices, why);
}

int party_open(struct tenant *u, const struct case_device *device, bool unsafe, char why[TAKE_WHY])
{
	char before[4];
	int rc = file_read(UNSAFE, before, sizeof(before));

	if (rc >= 0)
		rc = file_write(UNSAFE, unsafe ? "Y" : "N");
	if (rc < 0) {
		snprintf(why, TAKE_WHY, UNSAFE ": %s; modprobe vfio_iommu_type1", strerror(-rc));
		return rc;
	}
	rc = tenant_open(u, device, why);
	file_write(UNSAFE, before);
	return rc;
}

unsigned int party_index(const struct case_devices *d, const char *model, unsigned int n)
{
	const struct case_device *device;
	struct bdf at;

	for (unsigned int i = 0, left = n; (device = devices_find(d, model, i)); i++)
		if (bdf_parse(device->bdf, &at) && !at.bus && !left--)
			return i;
	return n;
}

static enum taken open_user(struct party *p, struct tenant *u, const char *model, unsigned int n,
			    char why[TAKE_WHY])
{
	const struct case_device *device;
	enum taken how;

	how = case_take(&p->devices, model, party_index(&p->devices, model, n), &device, why);
	if (how != TAKEN)
		return how;
	return party_open(u, device, true, why) ? TAKE_ERROR : TAKEN;
}

enum taken party_user(struct party *p, const char *model, char why[TAKE_WHY])
{
	bool msix = !strcmp(model, "e1000e");
	/* The neighbour has the first edu. */
	enum taken how = open_user(p, &p->user, model, msix ? 0 : 1, why);

	if (how != TAKEN)
		return how;
	if (msix && table_find(&p->user, &p->table)) {
		snprintf(why, TAKE_WHY, "%s: its MSI-X table cannot be mapped", p->user.v.bdf);
		return TAKE_SKIP;
	}
	return TAKEN;
}

enum taken party_listen(struct party *p, unsigned int n, char why[TAKE_WHY])
{
	enum irq_kind kind = p->table.entry ? IRQ_MSIX : IRQ_MSI;

	if (!n)
		n = exerciser_count_vectors(&p->user.c, kind);
	return tenant_enable(&p->user, kind, n, why) ? TAKE_ERROR : TAKEN;
}

enum taken party_neighbour(struct party *p, char why[TAKE_WHY])
{
	enum taken how = open_user(p, &p->neighbour, "edu", 0, why);
	int rc;

	if (how != TAKEN)
		return how;
	if (tenant_enable(&p->neighbour, IRQ_MSI, 1, why))
		return TAKE_ERROR;
	rc = message_of(p->neighbour.v.bdf, &p->of_neighbour);
	if (rc)
		snprintf(why, TAKE_WHY, "%s: no message: %s", p->neighbour.v.bdf, strerror(-rc));
	return rc ? TAKE_ERROR : TAKEN;
}

enum taken party_host(struct party *p, char why[TAKE_WHY])
{
	const struct case_device *next;
	int rc;

	/* The last one: QEMU's amd-iommu has the first one of its boards for the IO-APIC, by its place. */
	for (unsigned int i = 0; (next = devices_find(&p->devices, "ioh3420", i)); i++)
		p->host = next;
	if (!p->host) {
		snprintf(why, TAKE_WHY, "no ioh3420 in LIFELINE_DEVICES");
		return TAKE_SKIP;
	}
	p->host_irq = devices_irq(p->host->bdf);
	rc = message_of(p->host->bdf, &p->of_host);
	if (rc)
		snprintf(why, TAKE_WHY, "%s: no MSI: %s", p->host->bdf, strerror(-rc));
	return rc ? TAKE_ERROR : TAKEN;
}

const char *party_end(struct party *p)
{
	tenant_close(&p->user);
	tenant_close(&p->neighbour);
	return case_give_back();
}

static int send(struct party *p, struct message m)
{
	struct message own;
	int rc;

	if (!p->table.entry) {
		rc = dma_start(&p->user, m);
		return rc ? rc : dma_wait(&p->user);
	}
	own = table_read(&p->table, 0);
	table_write(&p->table, 0, m);
	rc = p->user.c.ops->trigger(&p->user.c, 0) ? -EIO : 0;
	p->user.c.io.sleep(p->user.c.io.ctx, ARRIVES);
	exerciser_service(&p->user.c);
	table_write(&p->table, 0, own);
	return rc;
}

static void add(struct attempt *a, const char *seen, unsigned int n)
{
	size_t used = a->others ? strlen(a->seen) : 0;

	if (!n)
		return;
	snprintf(a->seen + used, sizeof(a->seen) - used, "%s%s", used ? ", " : "", seen);
	a->others += n;
}

int party_try(struct party *p, struct message m, struct attempt *a)
{
	struct watch w = { .irq = { p->host_irq }, .irqs = p->host_irq ? 1 : 0 };
	char text[WATCH_TEXT];
	unsigned int heard;
	int rc = watch_begin(&w, text, sizeof(text)), seen;

	if (rc)
		return rc;
	rc = send(p, m);
	p->user.c.io.sleep(p->user.c.io.ctx, ARRIVES);
	seen = watch_end(&w, text);
	if (rc || seen < 0)
		return rc ? rc : seen;
	add(a, text, (unsigned int)seen);
	heard = tenant_heard(&p->neighbour, 0);
	snprintf(text, sizeof(text), "neighbour +%u", heard);
	add(a, text, heard);
	for (unsigned int i = 0; i < p->user.n; i++)
		a->own[i] += tenant_heard(&p->user, i);
	return 0;
}
