// SPDX-License-Identifier: GPL-2.0-only
#include "host/pci/module.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define COMPRESSED_FILE 4 /* MODULE_INIT_COMPRESSED_FILE, linux/module.h */

static bool ends_in(const char *file, const char *suffix)
{
	size_t n = strlen(file), m = strlen(suffix);

	return n >= m && !strcmp(file + n - m, suffix);
}

void module_vermagic(const char *image, size_t length, char *text, size_t size)
{
	static const char key[] = "vermagic=";
	const char *at = memmem(image, length, key, sizeof(key) - 1);
	size_t n = 0;

	if (at)
		at += sizeof(key) - 1;
	for (; at && at + n < image + length && n + 1 < size; n++) {
		if (at[n] < ' ' || at[n] > '~')
			break;
		text[n] = at[n];
	}
	while (n && text[n - 1] == ' ')
		n--;
	text[n] = '\0';
}

static void vermagic_of(int fd, char *text, size_t size)
{
	struct stat st;
	void *image;

	text[0] = '\0';
	if (fstat(fd, &st) || st.st_size <= 0)
		return;
	image = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (image == MAP_FAILED)
		return;
	module_vermagic(image, (size_t)st.st_size, text, size);
	munmap(image, (size_t)st.st_size);
}

/* What init_module(2) and the loader, kernel/module/main.c, mean by it. */
static const char *meaning(int error)
{
	switch (error) {
	case ENOENT:
		return "it needs symbols of a module that is not loaded: load its dependencies "
		       "first";
	case EPERM:
		return "not allowed: be root, without lockdown and modules_disabled";
	case EKEYREJECTED:
		return "it is not what was signed: sign it again, or cut its signature off";
	case ENOKEY:
		return "this kernel wants a signature of its own key";
	case ENODEV:
	case EOPNOTSUPP:
		return "it finds nothing on this machine that it could drive";
	case EINVAL:
		return "a symbol's version or a parameter does not fit this kernel: see dmesg";
	case EBADMSG:
		return "its signature or compression is broken";
	default:
		return strerror(error);
	}
}

static void explain(int error, int fd, const char *file, char *text, size_t size)
{
	struct utsname kernel;
	char built[128];
	bool strange;

	vermagic_of(fd, built, sizeof(built));
	(void)uname(&kernel);
	strange = built[0] && (strcspn(built, " ") != strlen(kernel.release) ||
			       strncmp(built, kernel.release, strlen(kernel.release)));
	/* With CRCs of symbols (modversions) a strange kernel shows in the first of them: EINVAL. */
	if (strange && (error == ENOEXEC || error == EINVAL))
		(void)snprintf(text, size, "%s: built for another kernel: %s; this is %s", file,
			       built, kernel.release);
	else if (!built[0] && (error == ENOEXEC || error == EINVAL))
		(void)snprintf(text, size, "%s: no kernel module: it has no vermagic", file);
	else if (error == ENOEXEC)
		(void)snprintf(text, size, "%s: built for another configuration: %s; see dmesg",
			       file, built);
	else
		(void)snprintf(text, size, "%s: %s", file, meaning(error));
}

int module_load(const char *file, const char *parameters, char *error, size_t size)
{
	unsigned int flags = ends_in(file, ".xz") || ends_in(file, ".gz") || ends_in(file, ".zst")
				     ? COMPRESSED_FILE
				     : 0;
	int fd = open(file, O_RDONLY | O_CLOEXEC), result = 0;

	if (fd < 0) {
		result = -errno;
		(void)snprintf(error, size, "%s: %s", file, strerror(-result));
		return result;
	}
	if (syscall(SYS_finit_module, fd, parameters, flags) && errno != EEXIST) {
		result = -errno;
		explain(-result, fd, file, error, size);
	}
	close(fd);
	return result;
}

int module_unload(const char *name, char *error, size_t size)
{
	int rc = syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;

	if (!rc || rc == -ENOENT)
		return 0;
	(void)snprintf(error, size, "%s cannot be unloaded: %s", name, strerror(-rc));
	return rc;
}
