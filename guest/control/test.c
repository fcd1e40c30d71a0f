// SPDX-License-Identifier: GPL-2.0-only
#include "guest/control/test.h"

#include "guest/control/audit.h"
#include "guest/control/ktap.h"
#include "guest/control/line.h"
#include "guest/control/owner.h"
#include "guest/lib/fmt.h"
#include "guest/lib/string.h"
#include "guest/xen/clock.h"

extern const struct test_case __cases_start[], __cases_end[];

bool check(struct test *t, bool good, const char *fmt, ...)
{
	char text[KTAP_LINE];
	va_list ap;

	va_start(ap, fmt);
	ll_vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	t->checks++;
	t->failed += good == t->wrong;
	ktap_line("  %sok %u %s", good != t->wrong ? "" : "not ", t->checks, text);
	return good;
}

void test_error(struct test *t, const char *fmt, ...)
{
	va_list ap;

	if (t->error[0])
		return;
	va_start(ap, fmt);
	ll_vsnprintf(t->error, sizeof(t->error), fmt, ap);
	va_end(ap);
}

/* Print a mark and wait until the host's witness has looked. */
__attribute__((format(printf, 2, 3))) static void mark_and_wait(struct test *t, const char *fmt,
								...)
{
	uint64_t start = now_ns();
	char line[KTAP_LINE];
	va_list ap;

	/* Stale input would let us go on before the witness has looked. */
	while (ktap_read_byte() >= 0)
		;
	va_start(ap, fmt);
	ll_vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	owners_tell();
	ktap_line("%s", line);
	/* No time limit here: the host's watchdog has one, and it can say why. */
	while (ktap_read_byte() < 0)
		sleep_until(now_ns() + 100 * US);
	t->witness += now_ns() - start;
}

uint64_t test_mark(struct test *t, const char *label, uint32_t gsi, const char *expect)
{
	uint64_t rte = line_rte(gsi);

	mark_and_wait(t, "  # mark %s pin=%u rte=%016llx %s", label, gsi, (unsigned long long)rte,
		      expect);
	return rte;
}

void test_mark_board(struct test *t, const char *label, uint32_t gsi, const char *expect)
{
	mark_and_wait(t, "  # mark %s pin=%u %s", label, gsi, expect);
}

void test_mark_audit(struct test *t, const char *label)
{
	mark_and_wait(t, "  # mark %s audit=1", label);
}

static const struct test_case *find(const char *id)
{
	size_t n = 0;

	while (id[n] && id[n] != '[')
		n++;
	for (const struct test_case *c = __cases_start; c < __cases_end; c++)
		if (strlen(c->name) == n && !strncmp(c->name, id, n))
			return c;
	return NULL;
}

static void report(const struct test *t, unsigned int number, uint64_t elapsed)
{
	unsigned int ms = (unsigned int)(elapsed / MS);

	ktap_line("  # data board_ms=%u windows_ms=%u witness_ms=%u", ms,
		  (unsigned int)(t->windows / MS), (unsigned int)(t->witness / MS));
	/* What failed before the test itself was stuck has failed, and is more often than not why. */
	if (t->error[0] && t->failed)
		ktap_line("  # then stuck: %s", t->error);
	if (t->error[0] && !t->failed)
		ktap_line("not ok %u %s # ERROR %s", number, t->id, t->error);
	else
		ktap_line("%sok %u %s # checks=%u ms=%u", t->failed ? "not " : "", number, t->id,
			  t->checks, ms);
}

void test_run(struct span line, unsigned int number)
{
	static struct test t;
	const struct test_case *c;
	uint64_t start = now_ns();
	struct span id;

	memset(&t, 0, sizeof(t));
	plan_next_word(&line, ' ', &id);
	span_copy(id, t.id, sizeof(t.id));
	t.line = line;
	t.wrong = plan_number(line, "wrong", 0) != 0;
	ktap_line("# case %s", t.id);
	ktap_line("  KTAP version 1");
	/* What one case left is what the next one finds: between two there is one audit. */
	if (number == 1)
		audit_mark(&t, "at-first");
	c = find(t.id);
	if (c)
		c->run(&t);
	else
		test_error(&t, "the image has no case of this name");
	audit_mark(&t, "at-last");
	if (!t.checks)
		test_error(&t, "the case checked nothing");
	report(&t, number, now_ns() - start);
}
