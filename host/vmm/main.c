// SPDX-License-Identifier: GPL-2.0-only
#include "host/vmm/vmm.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/vmm/boot.h"
#include "host/vmm/layout.h"
#include "host/vmm/run.h"

#define ERROR_ROOM 200

struct arguments {
	const char *image, *device;
	int ram, kick, tell;
};

static struct kvm_run *running;
static volatile sig_atomic_t stopped;

/* KVM_RUN returns -EINTR at once from here on, also if it was not entered yet. */
static void on_term(int signal)
{
	(void)signal;
	stopped = 1;
	if (running)
		running->immediate_exit = 1;
}

/* The value of "key=" in @word; NULL: it is another word. */
static const char *value_of(const char *word, const char *key)
{
	size_t n = strlen(key);

	return !strncmp(word, key, n) && word[n] == '=' ? word + n + 1 : NULL;
}

static bool file_of(const char *word, const char *key, int *fd)
{
	const char *value = value_of(word, key);
	char *end;
	long n;

	if (!value)
		return false;
	n = strtol(value, &end, 10);
	if (end == value || *end || n < 0 || fcntl((int)n, F_GETFD) < 0)
		return false;
	*fd = (int)n;
	return true;
}

/* Return: NULL, or the word that is wrong or missing. */
static const char *parse(int argc, char **argv, struct arguments *a)
{
	*a = (struct arguments){ .ram = -1, .kick = -1, .tell = -1 };
	for (int i = 1; i < argc; i++) {
		const char *image = value_of(argv[i], "image");
		const char *device = value_of(argv[i], "device");

		if (image)
			a->image = image;
		else if (device)
			a->device = device;
		else if (!file_of(argv[i], "ram", &a->ram) && !file_of(argv[i], "kick", &a->kick) &&
			 !file_of(argv[i], "tell", &a->tell))
			return argv[i];
	}
	if (!a->image)
		return "image=PATH";
	if (a->ram < 0)
		return "ram=FD";
	if (a->kick < 0)
		return "kick=FD";
	return a->tell < 0 ? "tell=FD" : NULL;
}

static int fail(const char *what, char *error)
{
	int rc = -errno;

	snprintf(error, ERROR_ROOM, "%s: %s", what, strerror(-rc));
	return rc;
}

static int map_ram(int fd, struct ram *ram, char *error)
{
	struct stat s;

	if (fstat(fd, &s))
		return fail("ram", error);
	if (s.st_size != VMM_RAM_SIZE) {
		snprintf(error, ERROR_ROOM, "ram: %lld bytes, expected %u", (long long)s.st_size,
			 VMM_RAM_SIZE);
		return -EINVAL;
	}
	ram->size = VMM_RAM_SIZE;
	ram->base = mmap(NULL, ram->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return ram->base == MAP_FAILED ? fail("ram", error) : 0;
}

static int load_file(int fd, const char *path, const struct ram *ram, uint32_t *entry, char *error)
{
	struct stat s;
	void *image;
	int rc;

	if (fstat(fd, &s))
		return fail(path, error);
	/* An empty file cannot be mapped: that is told with EINVAL. */
	image = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (image == MAP_FAILED)
		return fail(path, error);
	rc = image_load(image, (size_t)s.st_size, ram, entry, error, ERROR_ROOM);
	munmap(image, (size_t)s.st_size);
	return rc;
}

static int load(const char *path, const struct ram *ram, uint32_t *entry, char *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return fail(path, error);
	rc = load_file(fd, path, ram, entry, error);
	close(fd);
	return rc;
}

/* What guest/bare/words.h reads. */
static int boot(const struct arguments *a, const struct ram *ram, char *error)
{
	char words[VMM_CMDLINE_SIZE], device[48] = "";
	int rc;

	if (a->device)
		snprintf(device, sizeof(device), " device=00:%02x.0 gsi=%u", VMM_SLOT,
			 VMM_GSI_LINE);
	snprintf(words, sizeof(words), "mailbox=0x%x kick=%u tell=%u%s", VMM_MAILBOX, VMM_GSI_KICK,
		 VMM_TELL_PORT, device);
	rc = boot_info(ram, words);
	if (rc)
		snprintf(error, ERROR_ROOM, "the command line is longer than %u",
			 VMM_CMDLINE_SIZE - 1);
	return rc;
}

static int play(const struct arguments *a, struct machine *m, struct device *d,
		const struct ram *ram, char *error)
{
	struct run r = { .machine = m, .bus = { .slot = VMM_SLOT } };
	uint32_t entry = 0;
	int rc = load(a->image, ram, &entry, error);

	if (!rc)
		rc = boot(a, ram, error);
	if (!rc)
		rc = machine_open(m, ram, error, ERROR_ROOM);
	if (!rc)
		rc = machine_irqfd(m, VMM_GSI_KICK, a->kick, -1, true);
	if (!rc)
		rc = machine_ioeventfd(m, VMM_TELL_PORT, a->tell);
	if (!rc && a->device) {
		rc = device_open(d, m, ram, a->device);
		r.device = d;
		r.bus.function = &d->function;
	}
	if (!rc)
		rc = machine_start_at(m, entry, VMM_START_INFO);
	if (rc)
		return rc;
	running = m->run;
	if (stopped)
		running->immediate_exit = 1;
	rc = run(&r);
	running = NULL;
	return rc;
}

int vmm_main(int argc, char **argv)
{
	struct sigaction term = { .sa_handler = on_term };
	struct machine machine = { .kvm = -1, .vm = -1, .vcpu = -1 };
	struct device device = { 0 };
	char error[ERROR_ROOM] = "";
	struct arguments a;
	struct ram ram;
	const char *wrong;
	int rc;

	/* Whoever started it wants it to go with him. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigaction(SIGTERM, &term, NULL);
	wrong = parse(argc, argv, &a);
	if (wrong) {
		fprintf(stderr, "vmm: missing or malformed argument: %s\n", wrong);
		return 2;
	}
	rc = map_ram(a.ram, &ram, error);
	if (!rc)
		rc = play(&a, &machine, &device, &ram, error);
	/* Nothing is put in order then: a guest that has crashed is to leave its device as it is. */
	if (rc) {
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	device_close(&device);
	machine_close(&machine);
	return 0;
}
