/* SPDX-License-Identifier: GPL-2.0-only */
/* fio as the load of disks: random reads of 4 KiB past the page cache, until it is stopped. */
#ifndef LIFELINE_LOAD_FIO_H
#define LIFELINE_LOAD_FIO_H

#include "host/load/child.h"

/** FIO_DISKS - how many disks one fio reads: it takes half a second to start, on an emulated board */
#define FIO_DISKS 8u

/**
 * struct fio_config - what fio does
 * @disk: "sda"; they are only read, by a thread each
 * @n: how many
 * @cpu: where fio runs
 * @depth: reads in flight of each disk; 0: one
 * @pace: pause after each read, ns; 0: none
 * @seconds: it ends by itself after so long
 * @seed: of the sectors' order
 * @latency_log: beginning of the names of fio's latency logs; NULL: it writes none
 */
struct fio_config {
	const char *disk[FIO_DISKS];
	unsigned int n;
	int cpu;
	unsigned int depth;
	uint64_t pace;
	unsigned int seconds;
	uint32_t seed;
	const char *latency_log;
};

/**
 * struct fio_result - what fio says of its reads of a disk
 * @error: errno of the first that failed, or 0
 * @reads: how many
 * @runtime: ms
 * @mean: latency, ns, as all below
 * @p50: 0 if it says none
 * @p99: 0 if it says none
 * @max: longest
 */
struct fio_result {
	int error;
	uint64_t reads, runtime;
	uint64_t mean, p50, p99, max;
};

/** fio_start() - as child_start(); -EINVAL too many disks, or none */
int fio_start(struct child *c, const struct fio_config *config, char *error, size_t size);

/**
 * fio_stop() - end it and read what it says
 * @ns: time that it has to end; a disk whose line is polled takes half a second
 * @r: of each disk, in the order of the configuration; all 0 after a failure but -EIO
 * @n: how many disks
 *
 * Return: 0 or -errno, with one line in @error: -EIO a read failed, -EPROTO it says nothing
 * that can be read, -ETIMEDOUT it had to be killed, -EBUSY it hangs in the kernel.
 */
int fio_stop(struct child *c, uint64_t ns, struct fio_result *r, unsigned int n, char *error,
	     size_t size);

/**
 * fio_parse() - read fio's JSON
 * @text: what it printed; lines before the JSON are skipped
 * @len: bytes of it
 *
 * Return: 0 or -EPROTO, with one line in @error.
 */
int fio_parse(const char *text, size_t len, struct fio_result *r, unsigned int n, char *error,
	      size_t size);

#endif
