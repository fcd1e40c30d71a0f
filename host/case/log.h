/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's log as a check, in the harness's words. */
#ifndef LIFELINE_CASE_LOG_H
#define LIFELINE_CASE_LOG_H

#include "host/case/harness.h"
#include "host/probe/kmsg.h"

/** case_judge_log() - the kernel has said nothing since kmsg_open() that it should not */
static inline void case_judge_log(struct __test_metadata *_metadata, struct kmsg *log)
{
	unsigned int bad = 0;

	kmsg_read(log);
	for (int kind = KMSG_WARNING; kind < KMSG_KINDS; kind++)
		bad += log->count[kind];
	CHECK(!bad, "HC the kernel's log: %u warnings, bugs or lockups, expected 0", bad);
	for (unsigned int i = 0; i < log->kept && bad; i++)
		case_note("log: %s", log->line[i].text);
}

#endif
