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

#define WORD 128

/* Arguments before the disks' own, two of each disk, and the end. */
#define COMMON	  18
#define ARGUMENTS (COMMON + 2 * FIO_DISKS + 1)

struct arguments {
	char word[ARGUMENTS][WORD];
	const char *argv[ARGUMENTS];
	unsigned int n;
};

static void add(struct arguments *a, const char *option, const char *text)
{
	(void)snprintf(a->word[a->n], WORD, "%s%s", option, text);
	a->argv[a->n] = a->word[a->n];
	a->argv[++a->n] = NULL;
}

static void add_number(struct arguments *a, const char *option, unsigned long long value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", value);
	add(a, option, text);
}

static void add_common(struct arguments *a, const struct fio_config *config)
{
	static const char *const fixed[] = {
		"fio",
		"--name=global",
		"--readonly",
		"--rw=randread",
		"--bs=4k",
		"--direct=1",
		"--norandommap",
		"--time_based",
		"--output-format=json",
		"--eta=never",
		/* One process: what is killed is gone. */
		"--thread",
		/* What takes time at the start: sysfs of all disks, calibration of the TSC. */
		"--disk_util=0",
		"--clocksource=clock_gettime",
	};

	for (unsigned int i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		add(a, fixed[i], "");
	add(a, "--ioengine=", config->depth > 1 ? "libaio" : "psync");
	add_number(a, "--iodepth=", config->depth ? config->depth : 1);
	add_number(a, "--thinktime=", config->pace / NS_PER_US);
	add_number(a, "--runtime=", config->seconds);
	add_number(a, "--randseed=", config->seed);
	if (config->latency_log)
		add(a, "--write_lat_log=", config->latency_log);
}

int fio_start(struct child *c, const struct fio_config *config, char *error, size_t size)
{
	struct arguments a = { .n = 0 };

	if (!config->n || config->n > FIO_DISKS) {
		(void)snprintf(error, size, "fio: %u disks, at most %u", config->n, FIO_DISKS);
		return -EINVAL;
	}
	add_common(&a, config);
	for (unsigned int i = 0; i < config->n; i++) {
		add(&a, "--name=", config->disk[i]);
		add(&a, "--filename=/dev/", config->disk[i]);
	}
	return child_start(c, a.argv, config->cpu, error, size);
}

/* Return: 0, or the field that is missing is in @wrong. */
static int read_job(json_t *job, struct fio_result *r, json_error_t *wrong)
{
	json_t *reads, *runtime, *mean, *max, *percentile = NULL;
	int rc = json_unpack_ex(job, wrong, 0, "{s:i,s:{s:o,s:o,s:{s:o,s:o},s:{s?:o}}}", "error",
				&r->error, "read", "total_ios", &reads, "runtime", &runtime,
				"lat_ns", "mean", &mean, "max", &max, "clat_ns", "percentile",
				&percentile);

	if (rc)
		return rc;
	r->reads = json_count(reads);
	r->runtime = json_count(runtime);
	r->mean = json_count(mean);
	r->max = json_count(max);
	r->p50 = json_count(json_object_get(percentile, "50.000000"));
	r->p99 = json_count(json_object_get(percentile, "99.000000"));
	return 0;
}

int fio_parse(const char *text, size_t len, struct fio_result *r, unsigned int n, char *error,
	      size_t size)
{
	json_t *root, *jobs;
	json_error_t wrong;
	int rc = 0;

	memset(r, 0, n * sizeof(*r));
	root = json_find("fio", text, len, error, size);
	if (!root)
		return -EPROTO;
	jobs = json_object_get(root, "jobs");
	if (json_array_size(jobs) != n) {
		(void)snprintf(error, size, "fio: its JSON has %zu jobs instead of %u",
			       json_array_size(jobs), n);
		rc = -EPROTO;
	}
	for (unsigned int i = 0; i < n && !rc; i++) {
		if (!read_job(json_array_get(jobs, i), &r[i], &wrong))
			continue;
		(void)snprintf(error, size, "fio: its JSON has other fields than fio 3: %s",
			       wrong.text);
		rc = -EPROTO;
	}
	if (rc)
		memset(r, 0, n * sizeof(*r));
	json_decref(root);
	return rc;
}

static int find_failure(const struct fio_result *r, unsigned int n, char *error, size_t size)
{
	for (unsigned int i = 0; i < n; i++) {
		if (!r[i].error)
			continue;
		(void)snprintf(error, size,
			       "fio: a read of disk %u failed: %s; see the kernel's log", i,
			       strerror(r[i].error));
		return -EIO;
	}
	return 0;
}

int fio_stop(struct child *c, uint64_t ns, struct fio_result *r, unsigned int n, char *error,
	     size_t size)
{
	struct output o;
	int rc = output_of_stopped(c, "fio", SIGINT, ns, &o, error, size);

	memset(r, 0, n * sizeof(*r));
	if (rc)
		return rc;
	rc = fio_parse(o.out, o.len, r, n, error, size);
	if (rc)
		output_explain(&o, error, size);
	else
		rc = find_failure(r, n, error, size);
	output_free(&o);
	return rc;
}
