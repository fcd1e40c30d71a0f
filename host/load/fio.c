// SPDX-License-Identifier: GPL-2.0-only
#include "host/load/fio.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/load/json.h"
#include "host/load/output.h"
#include "host/probe/clock.h"

#define WORD 96

int fio_start(struct child *c, const struct fio_config *config, char *error, size_t size)
{
	char file[WORD], depth[WORD], pace[WORD], seconds[WORD], seed[WORD], log[WORD + 64];
	const char *argv[] = {
		"fio",
		"--name=lifeline",
		"--readonly",
		"--rw=randread",
		"--bs=4k",
		"--direct=1",
		"--norandommap",
		/* One process, one thread that reads: what is killed is gone. */
		"--thread",
		"--time_based",
		"--output-format=json",
		"--eta=never",
		/* Nothing to calibrate, and the probe's clock. */
		"--clocksource=clock_gettime",
		config->depth > 1 ? "--ioengine=libaio" : "--ioengine=psync",
		file,
		depth,
		pace,
		seconds,
		seed,
		config->latency_log ? log : NULL,
		NULL,
	};

	(void)snprintf(file, sizeof(file), "--filename=/dev/%s", config->disk);
	(void)snprintf(depth, sizeof(depth), "--iodepth=%u", config->depth ? config->depth : 1);
	(void)snprintf(pace, sizeof(pace), "--thinktime=%llu",
		       (unsigned long long)(config->pace / NS_PER_US));
	(void)snprintf(seconds, sizeof(seconds), "--runtime=%u", config->seconds);
	(void)snprintf(seed, sizeof(seed), "--randseed=%u", config->seed);
	if (config->latency_log)
		(void)snprintf(log, sizeof(log), "--write_lat_log=%s", config->latency_log);
	return child_start(c, argv, config->cpu, error, size);
}

/* Absent: 0. */
static void read_percentiles(const json_t *percentile, struct fio_result *r)
{
	r->p50 = json_count(json_object_get(percentile, "50.000000"));
	r->p99 = json_count(json_object_get(percentile, "99.000000"));
}

int fio_parse(const char *text, size_t len, struct fio_result *r, char *error, size_t size)
{
	json_t *root, *reads, *runtime, *mean, *max, *percentile = NULL;
	json_error_t wrong;
	int rc;

	memset(r, 0, sizeof(*r));
	root = json_find("fio", text, len, error, size);
	if (!root)
		return -EPROTO;
	rc = json_unpack_ex(root, &wrong, 0, "{s:[{s:i,s:{s:o,s:o,s:{s:o,s:o},s:{s?:o}}}]}", "jobs",
			    "error", &r->error, "read", "total_ios", &reads, "runtime", &runtime,
			    "lat_ns", "mean", &mean, "max", &max, "clat_ns", "percentile",
			    &percentile);
	if (rc) {
		(void)snprintf(error, size, "fio: its JSON has other fields than fio 3: %s",
			       wrong.text);
	} else {
		r->reads = json_count(reads);
		r->runtime = json_count(runtime);
		r->mean = json_count(mean);
		r->max = json_count(max);
		read_percentiles(percentile, r);
	}
	json_decref(root);
	return rc ? -EPROTO : 0;
}

int fio_stop(struct child *c, uint64_t ns, struct fio_result *r, char *error, size_t size)
{
	struct output o;
	int rc = output_of_stopped(c, "fio", SIGINT, ns, &o, error, size);

	memset(r, 0, sizeof(*r));
	if (rc)
		return rc;
	rc = fio_parse(o.out, o.len, r, error, size);
	if (rc)
		output_explain(&o, error, size);
	if (!rc && r->error) {
		(void)snprintf(error, size, "fio: a read failed: %s; see the kernel's log",
			       strerror(r->error));
		rc = -EIO;
	}
	output_free(&o);
	return rc;
}
