/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exercisers: code that makes a controller interrupt on demand and do real work.
 *
 * One ops struct a controller, one file a controller, compiled freestanding for
 * the guests and hosted for everyone else. What an exerciser guarantees:
 *
 *  - Every wait has a bound. An operation that fails says in controller.error
 *    which register (or which word in memory), what it should be and what it is.
 *  - A controller that has been pulled out (reads are all ones) or that never
 *    answers ends in an error, never in a loop; so does one that storms.
 *  - All that the device may touch by DMA is in io.memory, which the exerciser
 *    has to itself.
 *  - Nothing is kept but in struct controller: no static data that is written.
 */
#ifndef LIFELINE_DEV_EXERCISER_H
#define LIFELINE_DEV_EXERCISER_H

#include <stddef.h>

#include "guest/dev/io.h"

/** enum irq_kind - how the controller tells of its interrupts */
enum irq_kind { IRQ_INTX, IRQ_MSI, IRQ_MSIX };

/** enum dev_status - results of operations; what went wrong is in controller.error */
enum dev_status {
	DEV_OK = 0,
	DEV_TIMEOUT = -1, /* a register did not take the value in time */
	DEV_GONE = -2,	  /* all ones: no device answers there */
	DEV_WRONG = -3,	  /* an answer came, and it is not the right one */
	DEV_NONE = -4,	  /* the controller has no such thing (vector, kind of interrupt) */
};

/**
 * struct dev_error - the first thing that went wrong
 * @reg: name of the register or word as the document has it; NULL: nothing went wrong
 * @offset: where: byte offset in the BAR, or in io.memory
 * @mask: bits that matter
 * @expected: what they should be
 * @seen: what was read last
 * @status: enum dev_status
 */
struct dev_error {
	const char *reg;
	uint32_t offset, mask, expected, seen;
	int status;
};

#define EXERCISER_STATE 256

/* Most that an exerciser may ask of its owner, bytes: @length and @memory of struct exerciser. */
#define EXERCISER_LENGTH 0x10000u
#define EXERCISER_MEMORY 0x8000u

/**
 * struct controller - a device that is being exercised
 * @ops: what it is
 * @io: its surroundings, filled in by the owner
 * @error: first error since dev_clear_error()
 * @kind: as given to @ops->start
 * @state: the exerciser's own
 */
struct controller {
	const struct exerciser *ops;
	struct dev_io io;
	struct dev_error error;
	enum irq_kind kind;
	_Alignas(8) unsigned char state[EXERCISER_STATE];
};

/**
 * struct exerciser - one kind of controller
 * @model: its name in board files and cases; the row of the descriptor table of that
 *	name says for which functions it is
 * @class: what sort of device it is, for reports: "NIC", "SATA", "USB", "storage", "injector"
 * @source: the document that the code follows
 * @bar: the BAR with its registers
 * @ports: it is an I/O BAR
 * @length: bytes of the BAR that are used
 * @memory: bytes of DMA memory that are needed
 * @device_ns: from trigger or work to the interrupt, longest, as the device's own
 *	clock has it (frames, microframes); 0: at once
 *
 * @probe: is it such a controller, as its registers say? Changes nothing.
 * @reset: into the state after power-on: no DMA, no interrupt enabled, line low.
 *	May be called at any time, in any state that somebody else has left.
 * @start: make it ready to be triggered, after @reset: memory, rings, ports; its
 *	interrupts are enabled when it returns, none is pending; as @prepare it may
 *	have sent messages on vector 0. @vectors is how many messages the owner has
 *	enabled (1 with INTx and MSI).
 * @vectors: how many different vectors @trigger can use with @kind, before @start
 *	too; 0: it has no such kind, as far as its registers say. NULL: INTx alone.
 * @prepare: make @vector the one besides 0 that @trigger can use, with MSI-X. May
 *	take commands, with messages on vector 0 that say nothing. NULL: all vectors are
 *	ready at any time.
 * @trigger: let it interrupt on @vector (0 with INTx), soon, without waiting. Not
 *	again before the last one was acknowledged.
 * @pending: status bits that say that this controller interrupts (INTx), or has
 *	since the last @ack; 0: the interrupt was somebody else's. Where reading
 *	acknowledges, it does so here.
 * @ack: clear what @pending has returned: a level goes down
 * @mask: it interrupts no more; what comes meanwhile stays pending. NULL: it has no mask
 * @unmask: undo that
 * @quiet: the line is released and stays so, whatever happens, until @start
 * @work: begin a piece of real work, with data, that ends in an interrupt on vector
 *	0; without waiting. NULL: it has none.
 * @finish: after the interrupt of @work was acknowledged: is the work done and the
 *	data right? DEV_OK or what is wrong.
 */
struct exerciser {
	const char *model;
	const char *class;
	const char *source;
	uint8_t bar;
	bool ports;
	uint32_t length, memory;
	uint64_t device_ns;

	int (*probe)(struct controller *c);
	int (*reset)(struct controller *c);
	int (*start)(struct controller *c, enum irq_kind kind, unsigned int vectors);
	unsigned int (*vectors)(struct controller *c, enum irq_kind kind);
	int (*prepare)(struct controller *c, unsigned int vector);
	int (*trigger)(struct controller *c, unsigned int vector);
	uint32_t (*pending)(struct controller *c);
	void (*ack)(struct controller *c, uint32_t pending);
	void (*mask)(struct controller *c);
	void (*unmask)(struct controller *c);
	void (*quiet)(struct controller *c);
	int (*work)(struct controller *c);
	int (*finish)(struct controller *c);
};

/** exerciser_find() - the exerciser called @model, NULL: there is none */
const struct exerciser *exerciser_find(const char *model);

/** exerciser_at() - exerciser @index of all, NULL behind the last */
const struct exerciser *exerciser_at(unsigned int index);

/** exerciser_count_vectors() - @vectors of @c for @kind, INTx always 1 */
unsigned int exerciser_count_vectors(struct controller *c, enum irq_kind kind);

/** exerciser_begin() - probe, reset and start. Return: enum dev_status */
int exerciser_begin(struct controller *c, enum irq_kind kind, unsigned int vectors);

/** exerciser_service() - what a handler does: @pending, and @ack if it was ours. Return: as @pending */
uint32_t exerciser_service(struct controller *c);

/* What exercisers are written with. */

/** struct dev_register - a register by its name in the document */
struct dev_register {
	const char *name;
	uint32_t offset;
	uint8_t width;
};

/** dev_read() - read register @r of the controller's BAR */
uint32_t dev_read(struct controller *c, struct dev_register r);

/** dev_write() - write it */
void dev_write(struct controller *c, struct dev_register r, uint32_t value);

/**
 * dev_await() - wait until (@r & @mask) == @expected
 * @limit_ns: at most so long; looked at once more after it
 *
 * Return: DEV_OK, DEV_TIMEOUT, or DEV_GONE if all bits of the register are ones and that is not
 * what is @expected; the error is noted.
 */
int dev_await(struct controller *c, struct dev_register r, uint32_t mask, uint32_t expected,
	      uint64_t limit_ns);

/**
 * dev_await_word() - the same for a 32-bit word that the device writes to io.memory
 * @name: what the document calls it
 * @word: where it is, in io.memory
 */
int dev_await_word(struct controller *c, const char *name, const volatile uint32_t *word,
		   uint32_t mask, uint32_t expected, uint64_t limit_ns);

/** dev_expect() - DEV_OK if (@seen & @mask) == @expected, else DEV_WRONG with the error noted */
int dev_expect(struct controller *c, const char *name, uint32_t offset, uint32_t mask,
	       uint32_t expected, uint32_t seen);

/** dev_fail() - note an error if it is the first. Return: @status */
int dev_fail(struct controller *c, int status, const char *name, uint32_t offset, uint32_t mask,
	     uint32_t expected, uint32_t seen);

/** dev_sleep() - let @ns go by */
void dev_sleep(struct controller *c, uint64_t ns);

/** DEV_PAUSE - between two looks at a register, ns; dev_await() looks ever more rarely, up to DEV_LONG_PAUSE */
#define DEV_PAUSE      20000ull
#define DEV_LONG_PAUSE 5000000ull

/** dev_bus() - where the device sees @p, which is in io.memory */
uint32_t dev_bus(const struct controller *c, const volatile void *p);

/** dev_clear_error() - forget the error, so that the next one is noted */
void dev_clear_error(struct controller *c);

/** DEV_ERROR_TEXT - room for any text of dev_error_text() */
#define DEV_ERROR_TEXT 96

/** dev_error_text() - the error as "REG (0x4): expected 0x1 of 0x3, seen 0x2 (timeout)" in @text */
void dev_error_text(const struct dev_error *e, char *text, size_t size);

/** DEV_LIMIT - bound for what a controller does at once, as far as its document says nothing */
#define DEV_LIMIT 100000000ull /* ns */

#endif
