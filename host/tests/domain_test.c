// SPDX-License-Identifier: GPL-2.0-only
/* Domains that drive no device, but behave in all the ways that one may: they obey, lie, hang and die. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "guest/tests/unit.h"
#include "host/domain/domain.h"

#define MS    1000000ull
#define PAGES (MAILBOX_PAGES * 4096ul)

static const struct domain_config config = { .bdf = "0000:00:04.0",
					     .model = "edu",
					     .irq = IRQ_MSI,
					     .seed = 5,
					     .pace = 300000,
					     .grace = 50 * MS,
					     .cpu = -1 };

/* Until it is killed. */
static int idle(void)
{
	while (getppid() > 0)
		pause();
	return 0;
}

static void be_ready(const struct domain_ends *ends, int32_t ready)
{
	__atomic_store_n(&ends->box->ready, ready, __ATOMIC_RELEASE);
	eventfd_write(ends->tell, 1);
}

static void answer(const struct domain_ends *ends, int32_t value)
{
	ends->box->answer = value;
	__atomic_store_n(&ends->box->answered, ends->box->asked, __ATOMIC_RELEASE);
	eventfd_write(ends->tell, 1);
}

/* Return: the next order. */
static enum order await_order(const struct domain_ends *ends)
{
	struct pollfd p = { .fd = ends->kick, .events = POLLIN };
	eventfd_t kicks;

	while (poll(&p, 1, -1) != 1 || eventfd_read(ends->kick, &kicks))
		;
	return (enum order)ends->box->order;
}

/* ORDER_FAULT is answered for the verbs that end, played for the others. */
static int obedient(const struct domain_config *c, const struct domain_ends *ends)
{
	struct mailbox *box = ends->box;
	enum order order;

	be_ready(ends, !strcmp(box->model, c->model) && box->kind == (uint32_t)c->irq &&
				       box->seed == c->seed && box->pace == c->pace &&
				       box->grace == c->grace
			       ? 1
			       : -1);
	do {
		order = await_order(ends);
		if (order == ORDER_RUN)
			box->window[box->argument].planned = box->planned;
		if (order == ORDER_FAULT && box->argument == FAULT_CRASH)
			kill(getpid(), SIGKILL);
		if (order == ORDER_FAULT && box->argument != FAULT_RESET) {
			__atomic_store_n(&box->fault_live, 1, __ATOMIC_RELEASE);
			eventfd_write(ends->tell, 1);
			continue;
		}
		answer(ends, order == ORDER_FAULT ? FAULT_IMPOSSIBLE : 100 + (int32_t)order);
	} while (order != ORDER_NONE);
	return 0;
}

static int deaf(const struct domain_config *c, const struct domain_ends *ends)
{
	(void)c;
	be_ready(ends, 1);
	await_order(ends);
	answer(ends, 0);
	return idle();
}

static int no_device(const struct domain_config *c, const struct domain_ends *ends)
{
	(void)c;
	memcpy(ends->box->error, "STATUS (0x4):\n\033[31mnot ok 1", 28);
	be_ready(ends, -1);
	return idle();
}

static int all_bytes(const struct domain_config *c, const struct domain_ends *ends)
{
	(void)c;
	memset(ends->box, 0xff, sizeof(*ends->box));
	eventfd_write(ends->tell, 1);
	return idle();
}

static int says(const struct domain_config *c, const struct domain_ends *ends)
{
	(void)ends;
	fprintf(stderr, "%s: is at the cleaner's\n", c->bdf);
	fflush(stderr);
	return 1;
}

static int silent(const struct domain_config *c, const struct domain_ends *ends)
{
	(void)c;
	(void)ends;
	return 0;
}

static int refuses(const struct domain_config *c, const struct domain_ends *ends)
{
	(void)c;
	be_ready(ends, 1);
	await_order(ends);
	answer(ends, -EBUSY);
	return idle();
}

static struct domain_kind kind_of(int (*run)(const struct domain_config *,
					     const struct domain_ends *))
{
	return (struct domain_kind){ "test", 2 * PAGES, PAGES, run };
}

static void expect_no_start(int (*run)(const struct domain_config *, const struct domain_ends *),
			    int rc, const char *text)
{
	struct domain_kind kind = kind_of(run);
	char error[200] = "";
	struct domain d;

	CONTEXT("%s", text);
	EXPECT_EQ(domain_start(&d, &kind, &config, error, sizeof(error)), rc);
	EXPECT_STR(error, text);
	EXPECT_EQ(d.pid, 0);
	EXPECT_EQ(d.process, -1);
	EXPECT_TRUE(!d.ends.box);
}

TEST(no_start)
{
	expect_no_start(no_device, -EIO, "test edu: 0000:00:04.0: STATUS (0x4):");
	expect_no_start(says, -ESRCH, "test edu: 0000:00:04.0: is at the cleaner's");
	expect_no_start(silent, -ESRCH, "test edu: 0000:00:04.0: No such process");
	expect_no_start(refuses, -EBUSY, "test edu: 0000:00:04.0: Device or resource busy");
}

TEST(hostile_mailbox)
{
	struct domain_kind kind = kind_of(all_bytes);
	char error[MAILBOX_ERROR + 100] = "", expected[MAILBOX_ERROR];
	struct domain d;

	EXPECT_EQ(domain_start(&d, &kind, &config, error, sizeof(error)), -EIO);
	memset(expected, '?', sizeof(expected));
	expected[MAILBOX_ERROR - 1] = 0;
	EXPECT_STR(error + sizeof("test edu: 0000:00:04.0: ") - 1, expected);
}

static void start(struct domain *d, struct domain_kind *kind,
		  int (*run)(const struct domain_config *, const struct domain_ends *))
{
	char error[200] = "";

	*kind = kind_of(run);
	EXPECT_EQ(domain_start(d, kind, &config, error, sizeof(error)), 0);
	EXPECT_STR(error, "");
}

TEST(orders)
{
	struct domain_kind kind;
	struct window_stats stats;
	char text[MAILBOX_ERROR];
	struct domain d;

	start(&d, &kind, obedient);
	EXPECT_EQ(domain_ask(&d, ORDER_PARK, 0), 100 + ORDER_PARK);
	EXPECT_EQ(domain_run_window(&d, WINDOW_AFTER, 7), 100 + ORDER_RUN);
	EXPECT_EQ(domain_run_window(&d, WINDOW_AFTER, 0), -EINVAL);
	domain_window(&d, WINDOW_AFTER, &stats);
	EXPECT_EQ(stats.planned, 7);
	domain_error(&d, text);
	EXPECT_STR(text, "");
	EXPECT_TRUE(domain_lives(&d));
	/* It answers 100 and more to everything. */
	EXPECT_EQ(domain_stop(&d), -EIO);
	EXPECT_TRUE(!domain_lives(&d));
	domain_free(&d);
	domain_free(&d);
}

TEST(faults)
{
	struct domain_kind kind;
	struct domain d;

	start(&d, &kind, obedient);
	EXPECT_EQ(domain_fault(&d, FAULT_RESET, 2000 * MS), FAULT_IMPOSSIBLE);
	EXPECT_EQ(domain_fault(&d, FAULT_MASK, 2000 * MS), 0);
	EXPECT_EQ(domain_await(&d, 20 * MS), -ETIMEDOUT);
	EXPECT_EQ(domain_fault(&d, FAULT_CRASH, 2000 * MS), -ESRCH);
	EXPECT_EQ(domain_ask(&d, ORDER_PARK, 0), -ESRCH);
	EXPECT_TRUE(!domain_lives(&d));
	EXPECT_EQ(domain_kill(&d), 0);
	EXPECT_EQ(d.pid, 0);
	/* What was measured is there after the death. */
	EXPECT_EQ(d.ends.box->grace, config.grace);
	EXPECT_EQ(domain_kill(&d), 0);
	domain_free(&d);
}

TEST(deaf_domain)
{
	struct domain_kind kind;
	struct domain d;
	pid_t pid;

	start(&d, &kind, deaf);
	pid = d.pid;
	EXPECT_EQ(getpgid(pid), pid);
	EXPECT_EQ(domain_fault(&d, FAULT_MASK, 20 * MS), -ETIMEDOUT);
	EXPECT_EQ(domain_kill(&d), 0);
	EXPECT_EQ(kill(pid, 0), -1);
	EXPECT_EQ(errno, ESRCH);
	domain_free(&d);
}

/* Of a process domain on a machine without the device. */
TEST(process_without_device)
{
	struct domain_config none = config;
	char error[200] = "";
	struct domain d;

	none.bdf = "0000:ff:1f.7";
	EXPECT_EQ(domain_start(&d, &domain_process, &none, error, sizeof(error)), -EIO);
	EXPECT_STR(error, "process edu: 0000:ff:1f.7: no such PCI function; lspci -D lists what "
			  "there is");
	none.model = "plain";
	EXPECT_EQ(domain_start(&d, &domain_process, &none, error, sizeof(error)), -EIO);
	EXPECT_STR(error, "process plain: 0000:ff:1f.7: unknown device model in the mailbox");
	none.vectors = 4096;
	EXPECT_EQ(domain_start(&d, &domain_process, &none, error, sizeof(error)), -ESRCH);
	EXPECT_STR(error, "process plain: 0000:ff:1f.7: 4096 vectors, at most 128");
}
