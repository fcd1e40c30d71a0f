// SPDX-License-Identifier: GPL-2.0-only
#include "suites/vectors/hostile_ops.h"

#include "guest/lib/fmt.h"
#include "guest/lib/string.h"
#include "guest/xen/interface.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define CMD_FROM_FIELD	(~0u)
#define WRONG_ADDRESSES 3

enum hostile_kind {
	KIND_CMD,
	KIND_IRQ, /* GSI, irq or pirq: GSIs end at 24, pirqs of one CPU at 208, of two at 416 */
	KIND_DOMID,
	KIND_TYPE,
	KIND_BASE,
	KIND_REG,
	KIND_RTE,
	KIND_BUS,
	KIND_DEVFN,
	KIND_SEGMENT,
	KIND_COUNT,
	KIND_TABLE,
	KIND_FLAGS,
	KIND_PORTS,
	KIND_POINTER,
	KIND_GMFN,
	KINDS
};

static const uint64_t cmds[] = { 0, 1, 2, 3, 18, 22, 32, 33, 255, 0x7fffffff, 0x80000000, ~0u };
static const uint64_t irqs[] = { 0,   1,   2,	4,    8,	  15,	      16,  20,	21,
				 22,  23,  24,	30,   47,	  48,	      255, 256, 207,
				 208, 415, 416, 1024, 0x7fffffff, 0x80000000, ~1u, ~0u };
static const uint64_t domids[] = { DOMID_SELF, 0,      1,      2,      3,
				   4,	       100,    0x7fef, 0x7ff1, 0x7ff2,
				   0x7ff3,     0x7ff4, 0x7fff, 0x8000, 0xffff };
static const uint64_t types[] = { 0, 1, 2, 3, 4, 5, 255, 0x7fffffff, 0x80000000, ~0u };
static const uint64_t bases[] = { 0xfec00000, 0,	  0xfec00001,  0xfec00fff, 0xfec01000,
				  0xfed00000, 0xfee00000, 0x1fec00000, 1ull << 63, ~0ull };
/* Identity, version, pins 0, 2, 4, 20, 21, 23; 24, 30, 47, 48, 240 and far beyond. */
static const uint64_t regs[] = { 0,	1,	 2,	     3,		 0xf,  0x10, 0x11,
				 0x14,	0x18,	 0x38,	     0x39,	 0x3a, 0x3e, 0x3f,
				 0x40,	0x41,	 0x4c,	     0x6e,	 0x70, 0xff, 0x100,
				 0x1f0, 0x10000, 0x7fffffff, 0x80000000, ~1u,  ~0u };
static const uint64_t rtes[] = { 0,	0x15,	 0xa015,  0xa0f0,  0x1ff,     0x2a0,  0x7ff,
				 0x9ff, 0x10000, 0x1a000, 0x1a9a0, ~0x10000u, ~0xffu, ~0u };
static const uint64_t buses[] = { 0, 1, 0x7f, 0xff, 0x100, 0x10000, 0xffff0000, ~0u };
static const uint64_t devfns[] = { 0x28, 0x20, 0x40, 0x60, 0, 0xfb, 0xff, 0x100, ~0u };
static const uint64_t segments[] = { 0, 1, 0xff, 0xffff };
static const uint64_t counts[] = { 0, 1, 2, 3, 4, 31, 32, 33, 64, 0x7fffffff, 0x80000000, ~0u };
static const uint64_t tables[] = { 0, 1, 0xfebf0000, 0xfec00000, 1ull << 40, 1ull << 63, ~0ull };
static const uint64_t flags[] = { 0, 1, 2, 3, 4, 7, 0x7f, 0x80, 0xff, 0x80000000, ~0u };
static const uint64_t ports[] = { 0, 1, 65535, 65536, 65537, 0x80000000, ~0u };
static const uint64_t pointers[] = {
	0, 4096, 1ull << 46, 0x7fffffffffff, HOSTILE_AT_NONSENSE, HOSTILE_AT_XEN, ~0ull
};
static const uint64_t gmfns[] = { 0, 1 << 17, 1 << 20, 1ull << 40, 1ull << 52, ~1ull, ~0ull };

#define EDGES(values)                                 \
	{                                             \
		.value = (values), .n = COUNT(values) \
	}

static const struct edges {
	const uint64_t *value;
	unsigned int n;
} edges[KINDS] = {
	[KIND_CMD] = EDGES(cmds),	  [KIND_IRQ] = EDGES(irqs),
	[KIND_DOMID] = EDGES(domids),	  [KIND_TYPE] = EDGES(types),
	[KIND_BASE] = EDGES(bases),	  [KIND_REG] = EDGES(regs),
	[KIND_RTE] = EDGES(rtes),	  [KIND_BUS] = EDGES(buses),
	[KIND_DEVFN] = EDGES(devfns),	  [KIND_SEGMENT] = EDGES(segments),
	[KIND_COUNT] = EDGES(counts),	  [KIND_TABLE] = EDGES(tables),
	[KIND_FLAGS] = EDGES(flags),	  [KIND_PORTS] = EDGES(ports),
	[KIND_POINTER] = EDGES(pointers), [KIND_GMFN] = EDGES(gmfns),
};

#define FIELD(type, member, kind, good)                              \
	{                                                            \
#member, KIND_##kind, offsetof(struct type, member), \
			sizeof(((struct type *)0)->member), good     \
	}
#define OP(op) .name = #op, .cmd = PHYSDEVOP_##op

/* GSI 21 and the device on it, 00:05.0, belong to nobody. */
#define FREE_GSI   21
#define FREE_DEVFN 0x28

#define MAP_FIELDS(type_, index_, pirq_)                                   \
	{                                                                  \
		FIELD(physdev_map_pirq, domid, DOMID, DOMID_SELF),         \
			FIELD(physdev_map_pirq, type, TYPE, type_),        \
			FIELD(physdev_map_pirq, index, IRQ, index_),       \
			FIELD(physdev_map_pirq, pirq, IRQ, pirq_),         \
			FIELD(physdev_map_pirq, bus, BUS, 0),              \
			FIELD(physdev_map_pirq, devfn, DEVFN, FREE_DEVFN), \
			FIELD(physdev_map_pirq, entry_nr, COUNT, 1),       \
			FIELD(physdev_map_pirq, table_base, TABLE, 0),     \
	}
#define PCI_DEVICE_FIELDS                                                    \
	{                                                                    \
		FIELD(physdev_pci_device, seg, SEGMENT, 0),                  \
			FIELD(physdev_pci_device, bus, BUS, 0),              \
			FIELD(physdev_pci_device, devfn, DEVFN, FREE_DEVFN), \
	}

/* The order matters for hostile_bound(): a device is made known, used, and taken away. */
static const struct hostile_op ops[] = {
	{ OP(manage_pci_add),
	  2,
	  { FIELD(physdev_manage_pci, bus, BUS, 0),
	    FIELD(physdev_manage_pci, devfn, DEVFN, FREE_DEVFN) } },
	{ OP(manage_pci_add_ext),
	  6,
	  { FIELD(physdev_manage_pci_ext, bus, BUS, 0),
	    FIELD(physdev_manage_pci_ext, devfn, DEVFN, FREE_DEVFN),
	    FIELD(physdev_manage_pci_ext, is_extfn, FLAGS, 0),
	    FIELD(physdev_manage_pci_ext, is_virtfn, FLAGS, 0),
	    FIELD(physdev_manage_pci_ext, physfn.bus, BUS, 0),
	    FIELD(physdev_manage_pci_ext, physfn.devfn, DEVFN, FREE_DEVFN) } },
	{ OP(pci_device_add),
	  7,
	  { FIELD(physdev_pci_device_add, seg, SEGMENT, 0),
	    FIELD(physdev_pci_device_add, bus, BUS, 0),
	    FIELD(physdev_pci_device_add, devfn, DEVFN, FREE_DEVFN),
	    FIELD(physdev_pci_device_add, flags, FLAGS, 0),
	    FIELD(physdev_pci_device_add, physfn.bus, BUS, 0),
	    FIELD(physdev_pci_device_add, physfn.devfn, DEVFN, FREE_DEVFN),
	    { "optarr", KIND_COUNT, sizeof(struct physdev_pci_device_add), 4, 0 } } },
	{ OP(setup_gsi),
	  3,
	  { FIELD(physdev_setup_gsi, gsi, IRQ, FREE_GSI),
	    FIELD(physdev_setup_gsi, triggering, FLAGS, 1),
	    FIELD(physdev_setup_gsi, polarity, FLAGS, 1) } },
	{ OP(alloc_irq_vector),
	  2,
	  { FIELD(physdev_irq, irq, IRQ, FREE_GSI), FIELD(physdev_irq, vector, IRQ, 0) } },
	{ OP(free_irq_vector),
	  2,
	  { FIELD(physdev_irq, irq, IRQ, FREE_GSI), FIELD(physdev_irq, vector, IRQ, 0) } },
	{ OP(apic_read),
	  3,
	  { FIELD(physdev_apic, apic_physbase, BASE, 0xfec00000),
	    FIELD(physdev_apic, reg, REG, 0x3a), FIELD(physdev_apic, value, RTE, 0) } },
	{ OP(apic_write),
	  3,
	  { FIELD(physdev_apic, apic_physbase, BASE, 0xfec00000),
	    FIELD(physdev_apic, reg, REG, 0x3a), FIELD(physdev_apic, value, RTE, 0x1a000) } },
	{ OP(map_pirq), 8, MAP_FIELDS(MAP_PIRQ_TYPE_GSI, FREE_GSI, FREE_GSI) },
	{ "map_msi", PHYSDEVOP_map_pirq, 8, MAP_FIELDS(MAP_PIRQ_TYPE_MSI, ~0u, ~0u) },
	{ OP(get_free_pirq), 1, { FIELD(physdev_get_free_pirq, type, TYPE, 0) } },
	{ OP(irq_status_query), 1, { FIELD(physdev_irq_status_query, irq, IRQ, FREE_GSI) } },
	{ OP(eoi), 1, { FIELD(physdev_eoi, irq, IRQ, FREE_GSI) } },
	{ "irq_unmask_notify", PHYSDEVOP_IRQ_UNMASK_NOTIFY, 0, { { 0 } } },
	{ OP(restore_msi),
	  2,
	  { FIELD(physdev_restore_msi, bus, BUS, 0),
	    FIELD(physdev_restore_msi, devfn, DEVFN, FREE_DEVFN) } },
	{ OP(restore_msi_ext), 3, PCI_DEVICE_FIELDS },
	{ OP(prepare_msix), 3, PCI_DEVICE_FIELDS },
	{ OP(release_msix), 3, PCI_DEVICE_FIELDS },
	{ OP(unmap_pirq),
	  2,
	  { FIELD(physdev_unmap_pirq, domid, DOMID, DOMID_SELF),
	    FIELD(physdev_unmap_pirq, pirq, IRQ, FREE_GSI) } },
	{ OP(set_iopl), 1, { FIELD(physdev_set_iopl, iopl, FLAGS, 1) } },
	{ OP(set_iobitmap),
	  2,
	  { { "bitmap", KIND_POINTER, 0, 8, 0 }, { "nr_ports", KIND_PORTS, 8, 4, 0 } } },
	{ OP(pirq_eoi_gmfn_v1), 1, { FIELD(physdev_pirq_eoi_gmfn, gmfn, GMFN, 0) } },
	{ OP(pirq_eoi_gmfn_v2), 1, { FIELD(physdev_pirq_eoi_gmfn, gmfn, GMFN, 0) } },
	{ OP(pci_mmcfg_reserved),
	  5,
	  { FIELD(physdev_pci_mmcfg_reserved, address, TABLE, 0xb0000000),
	    FIELD(physdev_pci_mmcfg_reserved, segment, SEGMENT, 0),
	    FIELD(physdev_pci_mmcfg_reserved, start_bus, BUS, 0),
	    FIELD(physdev_pci_mmcfg_reserved, end_bus, BUS, 0xff),
	    FIELD(physdev_pci_mmcfg_reserved, flags, FLAGS, 1) } },
	{ OP(dbgp_op),
	  4,
	  { FIELD(physdev_dbgp_op, op, FLAGS, 1), FIELD(physdev_dbgp_op, bus, FLAGS, 1),
	    FIELD(physdev_dbgp_op, u.pci.seg, SEGMENT, 0),
	    FIELD(physdev_dbgp_op, u.pci.devfn, DEVFN, FREE_DEVFN) } },
	{ OP(pci_device_remove), 3, PCI_DEVICE_FIELDS },
	{ OP(manage_pci_remove),
	  2,
	  { FIELD(physdev_manage_pci, bus, BUS, 0),
	    FIELD(physdev_manage_pci, devfn, DEVFN, FREE_DEVFN) } },
	{ "other", CMD_FROM_FIELD, 1, { { "cmd", KIND_CMD, 0, 0, 0 } } },
};

const struct hostile_op *hostile_op_row(unsigned int index)
{
	return index < COUNT(ops) ? &ops[index] : NULL;
}

uint32_t hostile_cmd(const struct hostile_call *call)
{
	return call->op->cmd == CMD_FROM_FIELD ? (uint32_t)call->value[0] : call->op->cmd;
}

static uint64_t cut(uint64_t value, unsigned int width)
{
	return width && width < 8 ? value & ((1ull << 8 * width) - 1) : value;
}

uint64_t hostile_value(const struct hostile_call *call, const char *name, uint64_t otherwise)
{
	for (unsigned int i = 0; i < call->op->n; i++)
		if (!strcmp(call->op->field[i].name, name))
			return cut(call->value[i], call->op->field[i].width);
	return otherwise;
}

unsigned int hostile_pack(const struct hostile_call *call, uint8_t *bytes)
{
	memset(bytes, 0, HOSTILE_BYTES);
	for (unsigned int i = 0; i < call->op->n; i++)
		memcpy(bytes + call->op->field[i].offset, &call->value[i],
		       call->op->field[i].width);
	return HOSTILE_BYTES;
}

bool hostile_at(const struct hostile_call *call, uint64_t *address)
{
	static const uint64_t wrong[WRONG_ADDRESSES] = { HOSTILE_AT_NULL, HOSTILE_AT_XEN,
							 HOSTILE_AT_NONSENSE };

	if (!call->at || call->at > WRONG_ADDRESSES)
		return false;
	*address = wrong[call->at - 1];
	return true;
}

void hostile_text(const struct hostile_call *call, char *buf, size_t size)
{
	int n = ll_snprintf(buf, size, "%s", call->op->name);

	for (unsigned int i = 0; i < call->op->n && (size_t)n < size; i++)
		n += ll_snprintf(buf + n, size - (size_t)n, "-%llx",
				 (unsigned long long)cut(call->value[i], call->op->field[i].width));
	if (call->at && (size_t)n < size)
		ll_snprintf(buf + n, size - (size_t)n, "-at%u", call->at);
}

static bool hex(struct span word, uint64_t *value)
{
	*value = 0;
	if (!word.len || word.len > 16)
		return false;
	for (; word.len; word.s++, word.len--) {
		char c = *word.s;

		if (c >= '0' && c <= '9')
			*value = *value << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			*value = *value << 4 | (uint64_t)(c - 'a' + 10);
		else
			return false;
	}
	return true;
}

bool hostile_parse(struct span word, struct hostile_call *call)
{
	struct span part;

	memset(call, 0, sizeof(*call));
	if (!plan_next_word(&word, '-', &part))
		return false;
	for (unsigned int i = 0; i < COUNT(ops) && !call->op; i++)
		if (span_is(part, ops[i].name))
			call->op = &ops[i];
	if (!call->op)
		return false;
	for (unsigned int i = 0; i < call->op->n; i++)
		if (!plan_next_word(&word, '-', &part) || !hex(part, &call->value[i]))
			return false;
	if (!plan_next_word(&word, '-', &part))
		return true;
	if (part.len != 3 || memcmp(part.s, "at", 2) || word.len)
		return false;
	call->at = (unsigned int)(part.s[2] - '0');
	return call->at >= 1 && call->at <= WRONG_ADDRESSES;
}

/* SplitMix64 (Steele, Lea, Flood 2014): good from any start, so each index has a stream of its own. */
static uint64_t next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static uint64_t random_value(const struct hostile_field *f, uint64_t *state)
{
	const struct edges *e = &edges[f->kind];
	uint64_t edge = e->value[next(state) % e->n], any = next(state);

	/* Half are good: else hardly any call would pass the first check. */
	switch (next(state) % 16) {
	case 0:
		return any;
	case 1: /* as likely small as large */
		return any >> (next(state) % 64);
	case 2:
		return edge + 1;
	case 3:
		return edge - 1;
	case 4 ... 8:
		return edge;
	default:
		return f->good;
	}
}

void hostile_random(uint32_t seed, uint32_t index, struct hostile_call *call)
{
	uint64_t state = (uint64_t)seed << 32 | index;

	memset(call, 0, sizeof(*call));
	call->op = &ops[next(&state) % COUNT(ops)];
	for (unsigned int i = 0; i < call->op->n; i++)
		call->value[i] =
			cut(random_value(&call->op->field[i], &state), call->op->field[i].width);
	if (next(&state) % 64 == 0)
		call->at = 1 + (unsigned int)(next(&state) % WRONG_ADDRESSES);
}

static void all_good(const struct hostile_op *op, struct hostile_call *call)
{
	memset(call, 0, sizeof(*call));
	call->op = op;
	for (unsigned int i = 0; i < op->n; i++)
		call->value[i] = op->field[i].good;
}

/* Pair @index of values of fields @a and @b of @call. Return: pairs that there are. */
static uint32_t set_pair(struct hostile_call *call, unsigned int a, unsigned int b, uint32_t index)
{
	const struct edges *ea = &edges[call->op->field[a].kind];
	const struct edges *eb = &edges[call->op->field[b].kind];

	if (index < ea->n * eb->n) {
		call->value[b] = eb->value[index % eb->n];
		call->value[a] = ea->value[index / eb->n];
	}
	return ea->n * eb->n;
}

/* Call @index of @op. Return: calls that there are. */
static uint32_t bound_of(const struct hostile_op *op, uint32_t index, struct hostile_call *call)
{
	uint32_t seen = 1 + WRONG_ADDRESSES, n;

	all_good(op, call);
	if (index < seen)
		call->at = index;
	for (unsigned int a = 0; a + 1 < op->n; a++) {
		n = set_pair(call, a, a + 1, index - seen);
		seen += n;
		if (index < seen)
			return seen;
	}
	if (op->n == 1) {
		const struct edges *e = &edges[op->field[0].kind];

		if (index >= seen && index - seen < e->n)
			call->value[0] = e->value[index - seen];
		seen += e->n;
	}
	return seen;
}

bool hostile_bound(uint32_t index, struct hostile_call *call)
{
	for (unsigned int i = 0; i < COUNT(ops); i++) {
		uint32_t n = bound_of(&ops[i], index, call);

		if (index < n)
			return true;
		index -= n;
	}
	return false;
}
