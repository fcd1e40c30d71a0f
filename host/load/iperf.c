// SPDX-License-Identifier: GPL-2.0-only
#include "host/load/iperf.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/load/json.h"
#include "host/load/output.h"

#define WORD 24

int iperf_start(struct child *c, const struct iperf_config *config, char *error, size_t size)
{
	char port[WORD], seconds[WORD], rate[WORD], length[WORD];
	const char *argv[24];
	unsigned int n = 0;

	(void)snprintf(port, sizeof(port), "%u", config->port);
	(void)snprintf(seconds, sizeof(seconds), "%u", config->seconds);
	(void)snprintf(rate, sizeof(rate), "%llu", 8ull * IPERF_BYTES * config->rate);
	(void)snprintf(length, sizeof(length), "%u", IPERF_BYTES);
	argv[n++] = "iperf3";
	argv[n++] = "--json";
	argv[n++] = "--client";
	argv[n++] = config->server;
	argv[n++] = "--port";
	argv[n++] = port;
	/* SO_BINDTODEVICE: two NICs may lead to networks of the same addresses. */
	argv[n++] = "--bind-dev";
	argv[n++] = config->nic;
	argv[n++] = "--connect-timeout";
	argv[n++] = "3000";
	argv[n++] = "--time";
	argv[n++] = seconds;
	/* No report of each second. */
	argv[n++] = "--interval";
	argv[n++] = "0";
	argv[n++] = "--length";
	argv[n++] = length;
	argv[n++] = "--bitrate";
	argv[n++] = rate;
	if (config->mode == IPERF_RECEIVE)
		argv[n++] = "--reverse";
	else if (config->mode == IPERF_DATAGRAM)
		argv[n++] = "--udp";
	argv[n] = NULL;
	return child_start(c, argv, config->cpu, error, size);
}

/* iperf3's own words when it is ended by a signal: iperf_got_sigend(). */
static bool interrupted(const char *words)
{
	return strstr(words, "interrupt - ") != NULL;
}

static void read_sum(const json_t *end, struct iperf_result *r)
{
	const json_t *sent = json_object_get(end, "sum_sent");
	const json_t *received = json_object_get(end, "sum_received");
	const json_t *sum = json_object_get(end, "sum");

	/* UDP has "sum", TCP has both others; the side that did nothing has 0. */
	if (!sum)
		sum = json_count(json_object_get(sent, "bytes")) ? sent : received;
	r->bytes = json_count(json_object_get(sum, "bytes"));
	r->bits = json_count(json_object_get(sum, "bits_per_second"));
	r->datagrams = json_count(json_object_get(sum, "packets"));
	r->retransmits = json_count(json_object_get(sent, "retransmits"));
}

int iperf_parse(const char *text, size_t len, struct iperf_result *r, char *error, size_t size)
{
	const char *words = NULL;
	json_t *root, *end = NULL;
	int rc = 0;

	memset(r, 0, sizeof(*r));
	root = json_find("iperf3", text, len, error, size);
	if (!root)
		return -EPROTO;
	(void)json_unpack(root, "{s?:s}", "error", &words);
	end = json_object_get(root, "end");
	if (words && !interrupted(words)) {
		(void)snprintf(error, size, "iperf3: %.120s; is the server there?", words);
		rc = -EIO;
	} else if (!json_object_size(end)) {
		(void)snprintf(error, size, "iperf3: its JSON has no \"end\"; it is not iperf 3");
		rc = -EPROTO;
	} else {
		read_sum(end, r);
	}
	json_decref(root);
	return rc;
}

int iperf_stop(struct child *c, uint64_t ns, struct iperf_result *r, char *error, size_t size)
{
	struct output o;
	int rc = output_of_stopped(c, "iperf3", SIGINT, ns, &o, error, size);

	memset(r, 0, sizeof(*r));
	if (rc)
		return rc;
	rc = iperf_parse(o.out, o.len, r, error, size);
	if (rc == -EPROTO)
		output_explain(&o, error, size);
	output_free(&o);
	return rc;
}
