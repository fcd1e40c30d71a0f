// SPDX-License-Identifier: GPL-2.0-only
#include "host/case/offender.h"

#include <errno.h>
#include <stdio.h>

#include "fault/ladder.h"
#include "guest/dev/descriptor.h"
#include "guest/dev/pci.h"
#include "host/case/case.h"
#include "host/pci/reach.h"
#include "host/probe/clock.h"
#include "host/vfio/vfio.h"

#define PACE  (2 * NS_PER_MS) /* of its own interrupts, mean */
#define GRACE (5 * NS_PER_S)  /* one that is not served after this is lost: as of a sharer */

enum taken offender_start(const struct shared_line *l, const struct offender *o, struct domain *d,
			  char why[TAKE_WHY])
{
	const struct domain_config c = { .bdf = l->offender->bdf,
					 .model = o->model,
					 .irq = o->irq,
					 .vectors = 1,
					 .seed = case_seed(),
					 .pace = PACE,
					 .grace = GRACE,
					 .cpu = WATCHER_CPU };

	return domain_start(d, o->kind, &c, why, TAKE_WHY) ? TAKE_ERROR : TAKEN;
}

static const struct irq_descriptor *row_of(const struct shared_line *l, char why[TAKE_WHY])
{
	const struct irq_descriptor *row = descriptor_find(l->offender->model);

	if (!row)
		(void)snprintf(why, TAKE_WHY, "no row for %s in the descriptor table",
			       l->offender->model);
	return row;
}

int offender_quiet_by(const struct shared_line *l, pid_t pid, char why[TAKE_WHY])
{
	const struct irq_descriptor *row = row_of(l, why);
	struct vfio_device v;
	struct dev_io io;
	int rc = row ? vfio_adopt(&v, pid, why, TAKE_WHY) : -ENODEV;

	if (rc)
		return rc;
	io = vfio_dev_io(&v);
	irq_quiet(row, &io);
	vfio_close(&v);
	return 0;
}

int offender_quiet(const struct shared_line *l, char why[TAKE_WHY])
{
	const struct irq_descriptor *row = row_of(l, why);
	struct reach r;
	struct dev_io io;
	int rc = row ? reach_open(&r, l->offender->bdf, why, TAKE_WHY) : -ENODEV;

	if (rc)
		return rc;
	io = reach_io(&r);
	irq_quiet(row, &io);
	reach_close(&r);
	return 0;
}

int offender_look(const struct shared_line *l, struct function_intx *intx, char why[TAKE_WHY])
{
	struct reach r;
	struct dev_io io;
	uint32_t word;
	int rc = reach_open(&r, l->offender->bdf, why, TAKE_WHY);

	if (rc)
		return rc;
	io = reach_io(&r);
	word = io.config_read(io.ctx, PCI_COMMAND, 4);
	intx->disabled = word & PCI_COMMAND_DISINTX;
	intx->asserted = word & PCI_STATUS_INTX;
	reach_close(&r);
	return 0;
}

int offender_disintx(const struct shared_line *l, char why[TAKE_WHY])
{
	struct reach r;
	struct dev_io io;
	int rc = reach_open(&r, l->offender->bdf, why, TAKE_WHY);

	if (rc)
		return rc;
	io = reach_io(&r);
	rc = rescue_by_intx_disable(&io) ? -ENODEV : 0;
	if (rc)
		(void)snprintf(why, TAKE_WHY, "%s keeps no DisINTx", l->offender->bdf);
	reach_close(&r);
	return rc;
}
