/* SPDX-License-Identifier: GPL-2.0-only */
/* iperf3 as the load of a NIC: to or from a server behind it, until it is stopped. */
#ifndef LIFELINE_LOAD_IPERF_H
#define LIFELINE_LOAD_IPERF_H

#include "host/load/child.h"

/** enum iperf_mode - what is sent */
enum iperf_mode {
	IPERF_SEND,	/* TCP, as fast as it goes */
	IPERF_RECEIVE,	/* the same, the other way */
	IPERF_DATAGRAM, /* UDP to the server, @rate datagrams a second */
};

/**
 * struct iperf_config - what iperf3 does
 * @nic: interface; nothing of it goes through another
 * @server: its address; a server has one client at a time
 * @port: of the server
 * @cpu: where iperf3 runs
 * @mode: what is sent
 * @rate: datagrams of IPERF_BYTES a second, or so many segments of TCP at most; 0: no limit
 * @seconds: it ends by itself after so long
 */
struct iperf_config {
	const char *nic, *server;
	unsigned int port;
	int cpu;
	enum iperf_mode mode;
	unsigned int rate;
	unsigned int seconds;
};

/** IPERF_BYTES - of a datagram: a frame each, with any MTU of 1500 or more */
#define IPERF_BYTES 1200u

/**
 * struct iperf_result - what iperf3 says
 * @bytes: sent, or received with IPERF_RECEIVE
 * @bits: a second
 * @retransmits: TCP segments sent again
 * @datagrams: UDP datagrams sent
 */
struct iperf_result {
	uint64_t bytes, bits, retransmits, datagrams;
};

/** iperf_start() - as child_start() */
int iperf_start(struct child *c, const struct iperf_config *config, char *error, size_t size);

/**
 * iperf_stop() - end it and read what it says
 * @ns: time that it has to end
 *
 * Return: 0 or -errno, with one line in @error: -EIO it could not reach the server, -EPROTO it
 * says nothing that can be read, -ETIMEDOUT it had to be killed.
 */
int iperf_stop(struct child *c, uint64_t ns, struct iperf_result *r, char *error, size_t size);

/**
 * iperf_parse() - read iperf3's JSON
 *
 * That it was interrupted is no error. Return: 0, or -EIO or -EPROTO with one line in @error.
 */
int iperf_parse(const char *text, size_t len, struct iperf_result *r, char *error, size_t size);

#endif
