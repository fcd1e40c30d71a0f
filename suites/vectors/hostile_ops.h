/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls of PHYSDEVOP as data: what each sub-op takes, values at the edges of
 * each field, random argument sets. Pure: nothing here makes a call.
 */
#ifndef LIFELINE_VECTORS_HOSTILE_OPS_H
#define LIFELINE_VECTORS_HOSTILE_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest/control/plan.h"

#define HOSTILE_FIELDS 8
#define HOSTILE_BYTES  64  /* room for any argument: guest/role/mailbox.h */
#define HOSTILE_TEXT   112 /* a call in words, with its NUL */

/* Where the argument lies, instead of in the caller's memory. */
#define HOSTILE_AT_NULL	    0ull
#define HOSTILE_AT_XEN	    0xffff82d040200000ull /* the hypervisor's own text */
#define HOSTILE_AT_NONSENSE 0x0000800000000000ull /* not canonical */

/**
 * struct hostile_field - one field of an argument
 * @name: as xen/physdev.h has it
 * @kind: enum hostile_kind in hostile_ops.c: which values are at its edges
 * @offset: bytes from the start of the structure
 * @width: bytes; 0: not in the structure
 * @good: a value that passes the checks that there are for it
 */
struct hostile_field {
	const char *name;
	uint8_t kind, offset, width;
	uint64_t good;
};

/**
 * struct hostile_op - one sub-op
 * @name: as in PHYSDEVOP_@name; of map_pirq there are two rows, which differ in their good values
 * @cmd: its number; ~0: the first field says it
 * @n: fields
 */
struct hostile_op {
	const char *name;
	uint32_t cmd;
	unsigned int n;
	struct hostile_field field[HOSTILE_FIELDS];
};

/** struct hostile_call - @op with the values of its fields; @at: see hostile_at() */
struct hostile_call {
	const struct hostile_op *op;
	uint64_t value[HOSTILE_FIELDS];
	unsigned int at;
};

/** hostile_op_row() - sub-op @index; NULL behind the last */
const struct hostile_op *hostile_op_row(unsigned int index);

/** hostile_cmd() - number of the sub-op that @call makes */
uint32_t hostile_cmd(const struct hostile_call *call);

/** hostile_value() - value of the field @name of @call, cut to its width; @otherwise: it has none */
uint64_t hostile_value(const struct hostile_call *call, const char *name, uint64_t otherwise);

/** hostile_pack() - the argument as Xen reads it. Return: its size, at most HOSTILE_BYTES */
unsigned int hostile_pack(const struct hostile_call *call, uint8_t *bytes);

/** hostile_at() - address of the argument if it is a wrong one. Return: does @call have a wrong one? */
bool hostile_at(const struct hostile_call *call, uint64_t *address);

/**
 * hostile_text() - @call as one word: name and fields in hex, "apic_write-fec00000-40-0"
 * @buf: at least HOSTILE_TEXT bytes
 *
 * A wrong address of the argument stands behind them as "at1" to "at3".
 */
void hostile_text(const struct hostile_call *call, char *buf, size_t size);

/** hostile_parse() - the call that hostile_text() wrote; false if @word is none */
bool hostile_parse(struct span word, struct hostile_call *call);

/** hostile_random() - argument set @index of @seed: the same two give the same call, always */
void hostile_random(uint32_t seed, uint32_t index, struct hostile_call *call);

/**
 * hostile_bound() - call @index of: each sub-op, each pair of neighbouring
 * fields, each pair of values at their edges, the other fields good; and each sub-op with
 * each wrong address
 *
 * Return: false behind the last.
 */
bool hostile_bound(uint32_t index, struct hostile_call *call);

/**
 * struct hostile_scene - what a call may not harm, and who makes it
 * @gsi: line of the sharers
 * @sharer: domain ids of the sharers
 * @device: devfn of their devices, on bus 0
 * @n: how many
 * @privileged: the caller is the control domain
 * @findings: calls that are known to harm are made too
 */
struct hostile_scene {
	uint32_t gsi;
	uint16_t sharer[4];
	uint8_t device[4];
	unsigned int n;
	bool privileged, findings;
};

/**
 * hostile_skip() - why @call is not made in @scene; NULL: it is
 *
 * Either it harms the sharers by right (the reasons stand beside each rule in
 * hostile_skip.c), or it is the smallest call of a finding that has a case of
 * its own; then the finding's name is returned.
 */
const char *hostile_skip(const struct hostile_call *call, const struct hostile_scene *scene);

#endif
