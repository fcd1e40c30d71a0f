// SPDX-License-Identifier: GPL-2.0-only
#include "host/case/shared.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/case/case.h"
#include "host/case/cpus.h"
#include "host/load/fio.h"
#include "host/load/iperf.h"
#include "host/load/progress.h"
#include "host/probe/clock.h"

/*
 * A request that takes longer is lost. An emulated board was seen to stand still for 1.3 s in the midst of one, on a busy host;
 * Linux itself gives a disk's request up after 30 s.
 */
#define GRACE	     (5 * NS_PER_S)
#define LOAD_SECONDS 60u /* should nobody stop a load */
#define LOAD_LIMIT   (20 * NS_PER_S)
#define STOP_LIMIT   (2 * NS_PER_S)
#define METER_PERIOD NS_PER_MS

/*
 * A request or two a millisecond: enough to see a gap of one, and little enough that an emulated board, all of whose
 * CPUs are one thread of its host, has time for every sharer.
 */
#define DISK_PACE NS_PER_MS /* after each read */
#define NIC_RATE  500u	    /* datagrams a second */

static bool is_usb(const struct case_device *d)
{
	return strstr(d->model, "hci") && strcmp(d->model, "ahci");
}

static bool is_nic(const struct case_device *d)
{
	return d->port != 0;
}

static unsigned int load_of(const struct case_device *d)
{
	return is_nic(d) ? LOAD_NIC : is_usb(d) ? LOAD_USB : LOAD_SATA;
}

enum taken shared_find(struct shared_line *l, const char *model, unsigned int index,
		       char why[TAKE_WHY])
{
	enum taken rc;

	*l = (struct shared_line){ .log.fd = -1 };
	rc = case_devices(&l->devices, why);
	if (rc != TAKEN)
		return rc;
	l->offender = devices_find(&l->devices, model, index);
	if (!l->offender) {
		(void)snprintf(why, TAKE_WHY, "no %s number %u in LIFELINE_DEVICES", model, index);
		return TAKE_SKIP;
	}
	for (unsigned int i = 0; i < l->devices.n && !l->irq; i++)
		if (l->devices.device[i].host && l->devices.device[i].gsi == l->offender->gsi)
			l->irq = devices_irq(l->devices.device[i].bdf);
	if (l->irq)
		return TAKEN;
	(void)snprintf(why, TAKE_WHY, "%s shares GSI %u with no driver of the host's",
		       l->offender->bdf, l->offender->gsi);
	return TAKE_SKIP;
}

enum taken shared_take(struct shared_line *l, const char *model, unsigned int index,
		       char why[TAKE_WHY])
{
	enum taken rc = shared_find(l, model, index, why);

	return rc == TAKEN ? case_take(&l->devices, model, index, &l->offender, why) : rc;
}

bool shared_name(const char *folder, const char *bdf, char name[PROBE_NAME])
{
	char path[300], link[512], part[BDF_SIZE + 2];
	DIR *dir = opendir(folder);
	struct dirent *e;
	bool found = false;

	(void)snprintf(part, sizeof(part), "/%s/", bdf);
	while (dir && !found && (e = readdir(dir))) {
		ssize_t n;

		(void)snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		n = readlink(path, link, sizeof(link) - 1);
		link[n > 0 ? n : 0] = '\0';
		found = strstr(link, part) && strlen(e->d_name) < PROBE_NAME;
		if (found)
			(void)snprintf(name, PROBE_NAME, "%s", e->d_name);
	}
	if (dir)
		closedir(dir);
	return found;
}

enum taken shared_disk(const char *bdf, int *disk, char why[TAKE_WHY])
{
	char name[PROBE_NAME], path[PROBE_NAME + 8];

	if (!shared_name("/sys/block", bdf, name)) {
		(void)snprintf(why, TAKE_WHY, "%s has no disk", bdf);
		return TAKE_SKIP;
	}
	(void)snprintf(path, sizeof(path), "/dev/%s", name);
	*disk = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (*disk >= 0)
		return TAKEN;
	(void)snprintf(why, TAKE_WHY, "%s: %m", path);
	return TAKE_ERROR;
}

static void add_sharer(struct shared_line *l, const struct case_device *d)
{
	struct sharer *s = &l->sharer[l->n];

	*s = (struct sharer){ .device = d, .kind = is_nic(d) ? WATCHED_NIC : WATCHED_DISK };
	l->n += shared_name(is_nic(d) ? "/sys/class/net" : "/sys/block", d->bdf, s->name);
}

static void find_sharers(struct shared_line *l, unsigned int loads)
{
	for (unsigned int i = 0; i < l->devices.n && l->n < LINE_SHARERS; i++) {
		const struct case_device *d = &l->devices.device[i];

		if (d->host && d->gsi == l->offender->gsi && (load_of(d) & loads))
			add_sharer(l, d);
	}
}

/* Its network is 10.SLOT.FUNCTION.0/24: the board is .15, the other side .2 (lab/boardfile.py). */
static int start_nic(struct sharer *s, char why[TAKE_WHY])
{
	char ours[32], theirs[32];
	struct bdf bdf;
	int rc;

	bdf_parse(s->device->bdf, &bdf);
	(void)snprintf(ours, sizeof(ours), "10.%u.%u.15", bdf.device, bdf.function);
	(void)snprintf(theirs, sizeof(theirs), "10.%u.%u.2", bdf.device, bdf.function);
	rc = nic_up(&s->nic, s->name, ours, why, TAKE_WHY);
	if (!rc)
		rc = nic_await_carrier(&s->nic, LOAD_LIMIT, why, TAKE_WHY);
	if (rc)
		return rc;
	return iperf_start(&s->iperf,
			   &(struct iperf_config){ .nic = s->name,
						   .server = theirs,
						   .port = s->device->port,
						   .cpu = LINE_CPU,
						   .mode = IPERF_DATAGRAM,
						   .rate = NIC_RATE,
						   .seconds = LOAD_SECONDS },
			   why, TAKE_WHY);
}

static int start_disks(struct shared_line *l, char why[TAKE_WHY])
{
	struct fio_config c = { .cpu = LINE_CPU,
				.pace = DISK_PACE,
				.seconds = LOAD_SECONDS,
				.seed = 1,
				.latency_log = getenv("LIFELINE_FIO_LOG") };

	for (unsigned int i = 0; i < l->n; i++)
		if (l->sharer[i].kind == WATCHED_DISK)
			c.disk[c.n++] = l->sharer[i].name;
	l->disks = c.n;
	return c.n ? fio_start(&l->fio, &c, why, TAKE_WHY) : 0;
}

static int start_loads(struct shared_line *l, char why[TAKE_WHY])
{
	int rc = start_disks(l, why);

	for (unsigned int i = 0; i < l->n && !rc; i++)
		if (l->sharer[i].kind == WATCHED_NIC)
			rc = start_nic(&l->sharer[i], why);
	return rc;
}

static int await_loads(struct shared_line *l, char why[TAKE_WHY])
{
	int rc = 0;

	for (unsigned int i = 0; i < l->n && !rc; i++) {
		const struct sharer *s = &l->sharer[i];
		bool nic = s->kind == WATCHED_NIC;

		rc = progress_await(nic ? &s->iperf : &l->fio, nic ? progress_nic : progress_disk,
				    s->name, 10, LOAD_LIMIT, why, TAKE_WHY);
	}
	return rc;
}

int shared_listen(struct shared_line *l, bool actions, char why[TAKE_WHY])
{
	struct probe_config c = { .irq = l->irq, .actions = actions, .grace = GRACE, .n = l->n };

	c.stalls = stall_read(l->meter);

	for (unsigned int i = 0; i < l->n; i++) {
		c.sharer[i].kind = l->sharer[i].kind;
		memcpy(c.sharer[i].name, l->sharer[i].name, PROBE_NAME);
	}
	return probe_open(&l->probe, &c, why, TAKE_WHY);
}

void shared_deafen(struct shared_line *l)
{
	probe_close(l->probe);
	l->probe = NULL;
}

enum taken shared_up(struct shared_line *l, unsigned int loads, bool actions, char why[TAKE_WHY])
{
	int rc;

	if (cpus_stay(WATCHER_CPU)) {
		(void)snprintf(why, TAKE_WHY,
			       "a shared line needs two CPUs: one for it, one to watch");
		return TAKE_SKIP;
	}
	find_sharers(l, loads);
	rc = kmsg_open(&l->log, why, TAKE_WHY);
	if (!rc)
		rc = affinity_move(&l->affinity, l->irq, LINE_CPU, why, TAKE_WHY);
	if (!rc)
		rc = start_loads(l, why);
	if (!rc)
		rc = await_loads(l, why);
	if (!rc)
		rc = stall_start(&l->meter, WATCHER_CPU, METER_PERIOD, why, TAKE_WHY);
	if (!rc)
		rc = shared_listen(l, actions, why);
	return rc ? TAKE_ERROR : TAKEN;
}

void shared_window(struct shared_line *l, enum window w, uint64_t ns)
{
	probe_begin(l->probe, w, ns);
	probe_wait(l->probe, ns);
	probe_end(l->probe);
	l->windows += ns;
}

void shared_struck(struct shared_line *l)
{
	l->struck = clock_ns();
}

static void stop_nic(struct sharer *s)
{
	struct iperf_result r;
	char why[TAKE_WHY];

	if (s->iperf.pid && !iperf_stop(&s->iperf, STOP_LIMIT, &r, why, sizeof(why)))
		case_data("load=iperf3 dom=%s datagrams=%llu", s->name,
			  (unsigned long long)r.datagrams);
	nic_down(&s->nic);
}

static void stop_disks(struct shared_line *l)
{
	struct fio_result r[LINE_SHARERS];
	char why[TAKE_WHY];
	unsigned int n = 0;

	if (!l->fio.pid || fio_stop(&l->fio, STOP_LIMIT, r, l->disks, why, sizeof(why)))
		return;
	for (unsigned int i = 0; i < l->n; i++) {
		if (l->sharer[i].kind != WATCHED_DISK)
			continue;
		case_data("load=fio dom=%s reads=%llu mean_us=%llu p99_us=%llu max_us=%llu",
			  l->sharer[i].name, (unsigned long long)r[n].reads,
			  (unsigned long long)(r[n].mean / NS_PER_US),
			  (unsigned long long)(r[n].p99 / NS_PER_US),
			  (unsigned long long)(r[n].max / NS_PER_US));
		n++;
	}
}

/* What the loads say of themselves is told and not judged: on a dead line they cannot even end in time. */
static void stop_loads(struct shared_line *l)
{
	for (unsigned int i = 0; i < l->n; i++)
		stop_nic(&l->sharer[i]);
	stop_disks(l);
}

const char *shared_down(struct shared_line *l)
{
	shared_deafen(l);
	stall_stop(l->meter);
	stop_loads(l);
	if (l->affinity.irq)
		(void)affinity_restore(&l->affinity);
	if (l->log.fd >= 0)
		kmsg_close(&l->log);
	return case_give_back();
}
