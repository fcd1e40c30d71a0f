// SPDX-License-Identifier: GPL-2.0-only
/*
 * PID 1 of the control domain's image: mounts, modules, the host's own drivers on
 * their line, and then it waits for the first byte on the second serial line. On
 * an emulated board this is where the snapshot is taken: all that depends on what
 * is tested comes later, from the collection's disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "host/agent/agent.h"
#include "host/probe/probe.h"

#define CONSOLE	   "/dev/ttyS1"
#define DISK	   "/dev/vda"
#define COLLECTION "/collection"
#define AGENT	   COLLECTION "/lifeline/lifeline"
#define SETTLE_S   30

static void tell(const char *what, const char *which)
{
	char text[200];
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	int n = snprintf(text, sizeof(text), "lifeline: %s %s: %s\n", what, which, strerror(errno));

	if (fd < 0 || write(fd, text, (size_t)n) < 0)
		return;
	close(fd);
}

static void mount_one(const char *type, const char *where)
{
	if (mount(type, where, type, 0, NULL) && errno != EBUSY)
		tell("cannot mount", where);
}

/* What scripts expect beside devtmpfs; elsewhere udev makes it. */
static void link_all(void)
{
	static const char *const links[][2] = { { "/proc/self/fd", "/dev/fd" },
						{ "fd/0", "/dev/stdin" },
						{ "fd/1", "/dev/stdout" },
						{ "fd/2", "/dev/stderr" } };

	for (unsigned int i = 0; i < sizeof(links) / sizeof(*links); i++)
		if (symlink(links[i][0], links[i][1]))
			tell("cannot link", links[i][1]);
}

static void mount_all(void)
{
	mount_one("devtmpfs", "/dev");
	mount_one("proc", "/proc");
	mount_one("sysfs", "/sys");
	mount_one("tracefs", "/sys/kernel/tracing");
	mount_one("tmpfs", "/run");
	link_all();
	mount_one("tmpfs", "/tmp");
}

static void set(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		tell("cannot write", path);
	if (fd >= 0)
		close(fd);
}

/* Value of @word on the kernel's command line, e.g. of "lifeline.line="; "" if it is not there. */
static char *boot_word(const char *word)
{
	static char text[4096];
	FILE *f = fopen("/proc/cmdline", "re");
	char *value;

	text[0] = '\0';
	if (f && fgets(text, sizeof(text), f))
		text[strcspn(text, "\n")] = '\0';
	if (f)
		fclose(f);
	value = strstr(text, word);
	if (!value)
		return text + strlen(text);
	value += strlen(word);
	value[strcspn(value, " ")] = '\0';
	return value;
}

/* Write @value to the attribute @name of each function in the list that @word of the command line has. */
static void set_listed(const char *word, const char *name, const char *value)
{
	char path[64], *save = NULL;

	for (char *bdf = strtok_r(boot_word(word), ",", &save); bdf;
	     bdf = strtok_r(NULL, ",", &save)) {
		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", bdf, name);
		set(path, value);
	}
}

static bool load_module(const char *name, const char *options)
{
	char path[600];
	bool loaded;
	int fd;

	snprintf(path, sizeof(path), "/lib/modules/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	loaded = fd >= 0 && (!syscall(SYS_finit_module, fd, options, 0) || errno == EEXIST);
	if (fd >= 0)
		close(fd);
	return loaded;
}

static void load_modules(void)
{
	FILE *f = fopen("/lib/modules/list", "re");
	char line[512];

	if (!f)
		return tell("no list of", "modules");
	while (fgets(line, sizeof(line), f)) {
		char *options;

		line[strcspn(line, "\n")] = '\0';
		options = line + strcspn(line, " ");
		if (*options)
			*options++ = '\0';
		if (!load_module(line, options))
			tell("cannot load", line);
	}
	fclose(f);
}

/* Of a mutant. Return: false if the kernel cannot be broken where it should be; then no case may be played. */
static bool load_stub(void)
{
	char options[4200];
	const char *stubs = boot_word("lifeline.stub=");

	if (!*stubs)
		return true;
	snprintf(options, sizeof(options), "at=%s", stubs);
	if (load_module("lifeline_stub.ko", options))
		return true;
	/* Why it refuses is its own last word, and the board's. */
	if (access("/lib/modules/lifeline_stub.ko", R_OK))
		tell("no module for", "lifeline.stub=");
	return false;
}

static int count_disks(void)
{
	char name[] = "/dev/sda";
	int n = 0;

	for (; name[7] <= 'z'; name[7]++)
		n += !access(name, R_OK);
	return n;
}

/* Disks behind USB come seconds after their modules. */
static void await_disks(int wanted)
{
	for (int i = 0; i < SETTLE_S * 10 && count_disks() < wanted; i++)
		usleep(100000);
}

/* In the snapshot, so that no case waits for it. */
static void prepare_probe(void)
{
	char error[200];
	int rc = probe_prepare(error, sizeof(error));

	errno = -rc;
	if (rc)
		tell("no probe:", error);
}

static int open_console(void)
{
	struct termios t;
	int fd = open(CONSOLE, O_RDWR | O_NOCTTY);

	if (fd < 0 || tcgetattr(fd, &t))
		return -1;
	cfmakeraw(&t);
	t.c_oflag = 0;
	tcsetattr(fd, TCSANOW, &t);
	return fd;
}

/* What was read of the disk before the snapshot is of another collection. */
static int mount_collection(void)
{
	int fd = open(DISK, O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		ioctl(fd, BLKFLSBUF, 0);
		close(fd);
	}
	return mount(DISK, COLLECTION, "ext2", MS_RDONLY, NULL);
}

static void become_agent(int console)
{
	static char *const argv[] = { "lifeline", "agent", NULL };
	static char *const envp[] = { "PATH=/usr/bin:/bin", "HOME=/tmp", NULL };

	for (int fd = 0; fd < 3; fd++)
		dup2(console, fd);
	if (console > 2)
		close(console);
	if (mount_collection())
		printf("Bail out! no collection on " DISK ": %s\n", strerror(errno));
	else
		execve(AGENT, argv, envp);
	printf("Bail out! no agent at " AGENT ": %s\n", strerror(errno));
	fflush(stdout);
}

int main(void)
{
	static const char ready[] = "lifeline: ready\n";
	int console;

	mount_all();
	/* No driver of theirs may switch MSI on: they shall interrupt by their line (pci-sysfs.c, msi_bus_store). */
	set_listed("lifeline.line=", "msi_bus", "0");
	load_modules();
	if (!load_stub())
		agent_power_off();
	prepare_probe();
	await_disks(atoi(boot_word("lifeline.disks=")));
	console = open_console();
	if (console >= 0 && write(console, ready, sizeof(ready) - 1) > 0) {
		struct pollfd plan = { .fd = console, .events = POLLIN };

		poll(&plan, 1, -1);
		/*
		 * What QEMU does not save comes out of a snapshot as after power-on, without the addresses that the
		 * kernel has given it: it is taken out, and found again.
		 */
		set_listed("lifeline.rescan=", "remove", "1");
		set("/sys/bus/pci/rescan", "1");
		become_agent(console);
	}
	sleep(1);
	reboot(RB_POWER_OFF);
	return 1;
}
