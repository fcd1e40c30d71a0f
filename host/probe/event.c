// SPDX-License-Identifier: GPL-2.0-only
#include "host/probe/event.h"

#include <stddef.h>

/*
 * A NIC's driver frees a frame when the device has said, by an interrupt, that it is sent
 * (e1000_unmap_and_free_tx_resource(), e1000_put_txbuf()). A read or a frame that a busy
 * device did not take is issued again later, as if for the first time.
 */
const struct tracepoint tracepoint_table[TRACEPOINTS] = {
	{
		.name = "block/block_rq_issue",
		.of = WATCHED_DISK,
		.means = MEANS_ISSUED,
		.number = "dev",
		.key = "sector",
		.length = "nr_sector",
	},
	{
		.name = "block/block_rq_complete",
		.of = WATCHED_DISK,
		.means = MEANS_COMPLETED,
		.number = "dev",
		.key = "sector",
		.length = "nr_sector",
		.result = "error",
	},
	{
		.name = "block/block_rq_requeue",
		.of = WATCHED_DISK,
		.means = MEANS_WITHDRAWN,
		.number = "dev",
		.key = "sector",
		.length = "nr_sector",
	},
	{
		.name = "net/net_dev_start_xmit",
		.of = WATCHED_NIC,
		.means = MEANS_ISSUED,
		.text = "name",
		.key = "skbaddr",
	},
	{
		.name = "net/net_dev_xmit",
		.of = WATCHED_NIC,
		.means = MEANS_WITHDRAWN,
		.only = "rc!=0",
		.text = "name",
		.key = "skbaddr",
	},
	{
		.name = "skb/consume_skb",
		.of = WATCHED_NIC,
		.means = MEANS_FREED,
		.key = "skbaddr",
	},
	{
		.name = "net/netif_receive_skb",
		.of = WATCHED_NIC,
		.means = MEANS_RECEIVED,
		.text = "name",
	},
	{
		.name = "irq/irq_handler_entry",
		.of = WATCHED_LINE,
		.means = MEANS_CALLED,
		.number = "irq",
		.text = "name",
	},
	{
		.name = "irq/irq_handler_exit",
		.of = WATCHED_LINE,
		.means = MEANS_CLAIMED,
		.only = "ret!=0",
		.number = "irq",
		.result = "ret",
	},
};

bool decoder_init(struct decoder *d, const struct tracepoint *row, unsigned int id,
		  const char *format, const char **missing)
{
	const struct {
		const char *name;
		struct trace_field *field;
	} wanted[] = {
		{ row->number, &d->number }, { row->text, &d->text },	  { row->key, &d->key },
		{ row->length, &d->length }, { row->result, &d->result },
	};

	*d = (struct decoder){ .row = row, .id = id };
	for (unsigned int i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		*missing = wanted[i].name;
		if (wanted[i].name && !trace_find(format, wanted[i].name, wanted[i].field))
			return false;
	}
	return true;
}

unsigned int decoder_id(const struct record *r)
{
	uint64_t id;

	/* common_type is at the beginning of all: struct trace_entry. */
	return trace_number(r->data, r->size, (struct trace_field){ 0, 2 }, &id) ? (unsigned int)id
										 : 0;
}

static bool read_field(const struct record *r, const char *wanted, struct trace_field field,
		       uint64_t *value)
{
	*value = 0;
	return !wanted || trace_number(r->data, r->size, field, value);
}

bool decode(const struct decoder *d, const struct record *r, struct event *out)
{
	const struct tracepoint *row = d->row;
	uint64_t length;

	out->time = r->time;
	out->means = row->means;
	out->of = row->of;
	if (!read_field(r, row->number, d->number, &out->number) ||
	    !read_field(r, row->key, d->key, &out->key) ||
	    !read_field(r, row->result, d->result, &out->result) ||
	    !read_field(r, row->length, d->length, &length))
		return false;
	if (row->length && !length)
		return false;
	out->text = row->text ? trace_text(r->data, r->size, d->text) : "";
	return out->text != NULL;
}
