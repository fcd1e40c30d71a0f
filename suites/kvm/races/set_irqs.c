// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mechanism: vfio_set_irqs_validate_and_prepare() bounds what VFIO_DEVICE_SET_IRQS is asked for before anything is copied
 * or allocated (CVE-2016-9083, CVE-2016-9084: it did not), and each action refuses what it cannot do. Survival proves that
 * every call is answered as it is written there, and that the device works after all of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "host/case/harness.h"
#include "host/case/log.h"
#include "host/case/numbers.h"
#include "host/case/user.h"
#include "host/probe/clock.h"
#include "suites/kvm/races/irqs.h"

#define SERVED	    NS_PER_S
#define CALLS	    6000u
#define ALIVE_EVERY 1000u
#define LIMIT	    (30 * NS_PER_S)
#define CLOSED	    1000 /* a number that no file has */
#define PAGE	    4096ul

FIXTURE(set_irqs)
{
	struct case_devices devices;
	struct user u;
	struct kmsg log;
	struct numbers before;
	struct irqs_state state;
	int good[IRQS_DATA], null;
	unsigned char *page; /* behind it there is nothing */
	unsigned int calls, refused;
	bool stop;
};

FIXTURE_VARIANT(set_irqs)
{
	const char *model;
	unsigned int index;
};

FIXTURE_VARIANT_ADD(set_irqs, edu){ "edu", 2 };
FIXTURE_VARIANT_ADD(set_irqs, e1000e){ "e1000e", 0 };

static void find_vectors(FIXTURE_DATA(set_irqs) * self)
{
	self->state = (struct irqs_state){ .enabled = -1 };
	for (uint32_t i = 0; i < VFIO_PCI_NUM_IRQS; i++) {
		struct vfio_irq_info info = { .argsz = sizeof(info), .index = i };

		if (!ioctl(self->u.v.device, VFIO_DEVICE_GET_IRQ_INFO, &info))
			self->state.vectors[i] = info.count;
	}
}

FIXTURE_SETUP(set_irqs)
{
	const struct case_device *device;
	char why[TAKE_WHY];

	self->u.registers = self->u.v.device = self->u.v.container = -1;
	TAKE(case_devices(&self->devices, why), why);
	TAKE(case_take(&self->devices, variant->model, variant->index, &device, why), why);
	REQUIRE(!kmsg_open(&self->log, why, sizeof(why)), "%s", why);
	TAKE(user_open(&self->u, device, why), why);
	for (unsigned int i = 0; i < IRQS_DATA; i++)
		self->good[i] = user_signal();
	self->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	self->page =
		mmap(NULL, 2ul * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(self->page != MAP_FAILED && !munmap(self->page + PAGE, PAGE), "no memory");
	find_vectors(self);
	self->before = numbers_read();
}

FIXTURE_TEARDOWN(set_irqs)
{
	const char *wrong;

	user_close(&self->u);
	wrong = case_give_back();
	REQUIRE(!wrong, "%s", wrong);
}

static int32_t fd_of(const FIXTURE_DATA(set_irqs) * self, enum irqs_fd what, unsigned int i)
{
	const int32_t fds[FDS] = { self->good[i], -1, -2, CLOSED, self->null };

	return fds[what];
}

/* The structure ends where memory ends, or before. Return: the kernel's answer */
static int call_kernel(FIXTURE_DATA(set_irqs) * self, const struct irqs_call *c)
{
	unsigned char *at = self->page + PAGE - c->readable;
	struct {
		struct vfio_irq_set set;
		int32_t fd[IRQS_DATA];
	} whole = { .set = { c->argsz, c->flags, c->index, c->start, c->count } };

	_Static_assert(sizeof(whole) == IRQS_ALL, "no padding");
	for (unsigned int i = 0; i < IRQS_DATA; i++)
		whole.fd[i] = fd_of(self, c->data[i], i);
	memcpy(at, &whole, c->readable);
	return vfio_set_irqs(&self->u.v, (const struct vfio_irq_set *)at);
}

/* Back to no interrupts at all, then INTx that works. */
static void judge_device(struct __test_metadata *_metadata, FIXTURE_DATA(set_irqs) * self)
{
	struct user *u = &self->u;
	char why[TAKE_WHY] = "";
	bool works;

	if (self->state.enabled >= 0)
		(void)vfio_irq_disable(&u->v, (enum irq_kind)self->state.enabled);
	works = !vfio_irq_enable(&u->v, IRQ_INTX, &self->good[0], 1) &&
		user_begin(u, IRQ_INTX, why);
	user_count(self->good[0]);
	works = works && user_serve(u, self->good[0], SERVED);
	if (!works || self->stop)
		CHECK(works, "LI the device works after %u calls%s%s", self->calls,
		      why[0] ? ": " : "", why);
	user_reset(u);
	(void)vfio_irq_disable(&u->v, IRQ_INTX);
	self->state.enabled = -1;
	self->state.unmask = false;
	self->stop = self->stop || !works;
}

static void judge_call(struct __test_metadata *_metadata, FIXTURE_DATA(set_irqs) * self,
		       const struct irqs_call *c)
{
	char text[200];
	int expected = irqs_expect(&self->state, c);
	int seen = call_kernel(self, c);

	self->calls++;
	self->refused += seen != 0;
	if (seen != expected) {
		irqs_text(c, text, sizeof(text));
		CHECK(false, "HC call %u, %s: %d, expected %d", self->calls, text, seen, expected);
		self->stop = true;
	}
}

static void judge_end(struct __test_metadata *_metadata, FIXTURE_DATA(set_irqs) * self)
{
	struct numbers after;

	CHECK(!self->stop, "HC %u calls, %u of them refused, each answered as expected",
	      self->calls, self->refused);
	self->stop = true;
	judge_device(_metadata, self);
	after = numbers_read();
	case_data("device=%s calls=%u refused=%u", self->u.device->model, self->calls,
		  self->refused);
	CHECK(after.vfio == 0 && after.irqs == self->before.irqs,
	      "L interrupts of VFIO: %u, expected 0; interrupt numbers: %u, were %u", after.vfio,
	      after.irqs, self->before.irqs);
	case_judge_log(_metadata, &self->log);
}

/* Nothing is enabled, or @kind is. Return: can it be? */
static bool begin_with(FIXTURE_DATA(set_irqs) * self, int kind)
{
	if (self->state.enabled >= 0)
		(void)vfio_irq_disable(&self->u.v, (enum irq_kind)self->state.enabled);
	self->state.enabled = kind;
	self->state.unmask = false;
	self->state.contexts = 1;
	return kind < 0 || !vfio_irq_enable(&self->u.v, (enum irq_kind)kind, &self->good[0], 1);
}

/* Each call in each state; what it has changed is put back. */
TEST_F_TIMEOUT(set_irqs, limits, CASE_SECONDS)
{
	int last = self->state.vectors[VFIO_PCI_MSIX_IRQ_INDEX] ? IRQ_MSIX : IRQ_MSI;
	struct irqs_call c;

	for (int kind = -1; kind <= last && !self->stop; kind++) {
		REQUIRE(begin_with(self, kind), "kind %d is refused", kind);
		for (uint32_t n = 0; !self->stop && irqs_boundary(&self->state, n, &c); n++) {
			judge_call(_metadata, self, &c);
			if (self->state.enabled != kind || self->state.unmask)
				REQUIRE(begin_with(self, kind), "kind %d is refused", kind);
		}
	}
	judge_end(_metadata, self);
}

/* Each call in the state that those before it have left. */
TEST_F_TIMEOUT(set_irqs, random, CASE_SECONDS)
{
	uint64_t end = clock_ns() + LIMIT;
	uint32_t random = case_seed();
	struct irqs_call c;

	while (!self->stop && clock_ns() < end && self->calls < CALLS) {
		irqs_random(&self->state, &random, &c);
		judge_call(_metadata, self, &c);
		if (!(self->calls % ALIVE_EVERY))
			judge_device(_metadata, self);
	}
	judge_end(_metadata, self);
}

CASE_MAIN
