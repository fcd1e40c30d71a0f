// SPDX-License-Identifier: GPL-2.0-only
#include "host/domain/domain.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/probe/clock.h"

#define START_LIMIT  (20000 * NS_PER_MS) /* VFIO's open resets: a bus takes more than a second */
#define ANSWER_LIMIT (5000 * NS_PER_MS)
#define TERM_LIMIT   (5000 * NS_PER_MS)
#define END_LIMIT    (20000 * NS_PER_MS) /* the kernel closes the device first, with a reset */

/* Return: poll()'s. */
static int poll_until(struct pollfd *fds, nfds_t n, uint64_t deadline)
{
	uint64_t now = clock_ns(), left = deadline > now ? deadline - now : 0;
	struct timespec t = clock_spec(left);

	return ppoll(fds, n, &t, NULL);
}

/* Wait until the domain has told something. Return: 0, -ETIMEDOUT or -ESRCH; an early 0 may be. */
static int listen_until(const struct domain *d, uint64_t deadline)
{
	struct pollfd fds[2] = { { .fd = d->ends.tell, .events = POLLIN },
				 { .fd = d->process, .events = POLLIN } };
	eventfd_t told;

	if (clock_ns() >= deadline)
		return -ETIMEDOUT;
	if (poll_until(fds, 2, deadline) < 0)
		return errno == EINTR ? 0 : -errno;
	if (fds[0].revents & POLLIN)
		return eventfd_read(d->ends.tell, &told) ? -errno : 0;
	return fds[1].revents & POLLIN ? -ESRCH : 0;
}

/* The first line of what a stranger has written: cut, and printable. */
static void copy_text(char *text, size_t room, const volatile char *from, size_t length)
{
	size_t i;

	for (i = 0; i < length && i + 1 < room; i++) {
		char c = from[i];

		if (!c || c == '\n')
			break;
		text[i] = '?';
		if (c >= ' ' && c <= '~')
			text[i] = c;
	}
	text[i] = 0;
}

void domain_error(const struct domain *d, char text[MAILBOX_ERROR])
{
	copy_text(text, MAILBOX_ERROR, d->ends.box->error, MAILBOX_ERROR);
}

void domain_window(const struct domain *d, enum window w, struct window_stats *stats)
{
	*stats = d->ends.box->window[w];
}

void domain_order(struct domain *d, enum order order, uint32_t argument)
{
	struct mailbox *box = d->ends.box;
	uint32_t asked = box->asked + 1;

	box->order = order;
	box->argument = argument;
	__atomic_store_n(&box->asked, asked, __ATOMIC_RELEASE);
	eventfd_write(d->ends.kick, 1);
}

int domain_await(struct domain *d, uint64_t ns)
{
	struct mailbox *box = d->ends.box;
	uint64_t deadline = clock_ns() + ns;
	int rc = 0;

	while (!rc && __atomic_load_n(&box->answered, __ATOMIC_ACQUIRE) != box->asked)
		rc = listen_until(d, deadline);
	return rc ? rc : box->answer;
}

int domain_ask(struct domain *d, enum order order, uint32_t argument)
{
	domain_order(d, order, argument);
	return domain_await(d, ANSWER_LIMIT);
}

int domain_run_window(struct domain *d, enum window w, uint64_t planned)
{
	if (!planned)
		return -EINVAL;
	d->ends.box->planned = planned;
	return domain_ask(d, ORDER_RUN, w);
}

int domain_fault(struct domain *d, enum fault_verb verb, uint64_t ns)
{
	struct mailbox *box = d->ends.box;
	uint64_t deadline = clock_ns() + ns;
	int rc = 0;

	box->fault_live = 0;
	domain_order(d, ORDER_FAULT, verb);
	while (!rc && !__atomic_load_n(&box->fault_live, __ATOMIC_ACQUIRE)) {
		if (__atomic_load_n(&box->answered, __ATOMIC_ACQUIRE) == box->asked)
			return box->answer;
		rc = listen_until(d, deadline);
	}
	return rc;
}

bool domain_lives(const struct domain *d)
{
	struct pollfd fd = { .fd = d->process, .events = POLLIN };

	return d->pid && poll(&fd, 1, 0) == 0;
}

/* Return: 0 or -ETIMEDOUT; @status as waitpid() has it. */
static int reap(struct domain *d, uint64_t ns, int *status)
{
	struct pollfd fd = { .fd = d->process, .events = POLLIN };
	uint64_t deadline = clock_ns() + ns;

	*status = 0;
	while (waitpid(d->pid, status, WNOHANG) == 0) {
		if (clock_ns() >= deadline)
			return -ETIMEDOUT;
		poll_until(&fd, 1, deadline);
	}
	d->pid = 0;
	return 0;
}

int domain_kill(struct domain *d)
{
	int status;

	if (!d->pid)
		return 0;
	kill(-d->pid, SIGKILL);
	return reap(d, END_LIMIT, &status);
}

/* Whatever it answers, it is to end; a dead one has nothing to give back. */
static int give_back(struct domain *d)
{
	bool good = !domain_ask(d, ORDER_QUIET, 0);

	good = !domain_ask(d, ORDER_UNBIND, 0) && good;
	if (!domain_lives(d))
		return -ESRCH;
	return good ? 0 : -EIO;
}

int domain_stop(struct domain *d)
{
	int status, rc, killed;

	if (!d->pid)
		return -ESRCH;
	rc = give_back(d);
	kill(-d->pid, SIGTERM);
	if (reap(d, TERM_LIMIT, &status))
		rc = rc ? rc : -ETIMEDOUT;
	killed = domain_kill(d);
	return rc ? rc : killed;
}

static void close_file(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void domain_free(struct domain *d)
{
	domain_kill(d);
	if (d->ends.box)
		munmap(d->ends.box, sizeof(*d->ends.box));
	d->ends.box = NULL;
	close_file(&d->ends.memory);
	close_file(&d->ends.kick);
	close_file(&d->ends.tell);
	close_file(&d->process);
	close_file(&d->said);
}

static void fill_mailbox(struct mailbox *box, const struct domain_config *config)
{
	snprintf(box->model, sizeof(box->model), "%s", config->model);
	box->kind = config->irq;
	box->grace = config->grace;
	box->pace = config->pace;
	box->seed = config->seed;
}

static int connect_ends(struct domain *d, const struct domain_config *config)
{
	struct domain_ends *e = &d->ends;
	void *box = MAP_FAILED;

	e->memory = memfd_create("domain", MFD_CLOEXEC);
	e->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	e->tell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	d->said = memfd_create("said", MFD_CLOEXEC);
	if (e->memory < 0 || e->kick < 0 || e->tell < 0 || d->said < 0)
		return -errno;
	if (ftruncate(e->memory, (off_t)d->kind->memory))
		return -errno;
	box = mmap(NULL, sizeof(*e->box), PROT_READ | PROT_WRITE, MAP_SHARED, e->memory,
		   (off_t)d->kind->mailbox_at);
	if (box == MAP_FAILED)
		return -errno;
	e->box = box;
	fill_mailbox(e->box, config);
	return 0;
}

/* The domain's process, with nothing that its parent has set up for itself. */
static _Noreturn void live(const struct domain *d, const struct domain_config *config, pid_t parent)
{
	cpu_set_t cpus;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	signal(SIGTERM, SIG_DFL);
	dup2(d->said, STDERR_FILENO);
	if (config->cpu >= 0) {
		CPU_ZERO(&cpus);
		CPU_SET((unsigned int)config->cpu, &cpus);
		sched_setaffinity(0, sizeof(cpus), &cpus);
	}
	_exit(d->kind->run(config, &d->ends));
}

static int launch(struct domain *d, const struct domain_config *config)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid)
		live(d, config, parent);
	/* Here too: whoever kills the group must find it. */
	setpgid(pid, pid);
	d->pid = pid;
	d->process = (int)syscall(SYS_pidfd_open, pid, 0);
	return d->process < 0 ? -errno : 0;
}

static int await_ready(struct domain *d, uint64_t deadline)
{
	int rc = 0;

	while (!rc && !__atomic_load_n(&d->ends.box->ready, __ATOMIC_ACQUIRE))
		rc = listen_until(d, deadline);
	if (!rc && d->ends.box->ready < 0)
		return -EIO;
	return rc;
}

/* Why it does not run: its mailbox says so, its standard error does, or it is what the kernel has to say. */
static void explain(const struct domain *d, const struct domain_config *config, int rc, char *error,
		    size_t size)
{
	char text[MAILBOX_ERROR] = "", said[MAILBOX_ERROR];
	ssize_t n;

	if (d->ends.box)
		domain_error(d, text);
	if (!text[0]) {
		n = d->said < 0 ? 0 : pread(d->said, said, sizeof(said), 0);
		copy_text(text, sizeof(text), said, n > 0 ? (size_t)n : 0);
	}
	if (!text[0])
		snprintf(text, sizeof(text), "%s", strerror(-rc));
	if (!strncmp(text, config->bdf, strlen(config->bdf)))
		snprintf(error, size, "%s %s: %s", d->kind->name, config->model, text);
	else
		snprintf(error, size, "%s %s: %s: %s", d->kind->name, config->model, config->bdf,
			 text);
}

int domain_start(struct domain *d, const struct domain_kind *kind,
		 const struct domain_config *config, char *error, size_t size)
{
	int rc;

	memset(d, 0, sizeof(*d));
	d->kind = kind;
	d->ends.memory = d->ends.kick = d->ends.tell = d->process = d->said = -1;
	rc = connect_ends(d, config);
	if (!rc)
		rc = launch(d, config);
	if (!rc)
		rc = await_ready(d, clock_ns() + START_LIMIT);
	if (!rc) {
		rc = domain_ask(d, ORDER_BIND, 0);
		rc = rc < 0 ? rc : 0;
	}
	if (rc) {
		explain(d, config, rc, error, size);
		domain_free(d);
	}
	return rc;
}
