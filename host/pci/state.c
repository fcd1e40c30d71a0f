// SPDX-License-Identifier: GPL-2.0-only
#include "host/pci/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/pci/sysfs.h"

#define TITLE "lifeline pci 1"

/* A name of a driver is one folder's name below /sys/bus/pci/drivers. */
static bool plain(const char *name)
{
	for (const char *c = name; *c; c++)
		if (*c < ' ' || *c > '~' || *c == '/')
			return false;
	return name[0] != '.';
}

int state_format(const struct pci_state *s, char text[STATE_TEXT])
{
	if (!plain(s->driver) || !plain(s->driver_override) || !plain(s->power_control))
		return -EILSEQ;
	return snprintf(text, STATE_TEXT,
			TITLE "\nfunction=%s\ndriver=%s\ndriver_override=%s\nenable=%u\npower=%s\n",
			s->bdf, s->driver, s->driver_override, s->enabled, s->power_control);
}

/* Take "@key=value\n" from the text at @at. Return: whether it is there and the value fits. */
static bool take(const char **at, const char *end, const char *key, char *value, size_t size)
{
	size_t name = strlen(key), left = (size_t)(end - *at), n;
	const char *line = *at, *newline = memchr(line, '\n', left);

	if (!newline || left <= name || memcmp(line, key, name) || line[name] != '=')
		return false;
	line += name + 1;
	n = (size_t)(newline - line);
	if (n >= size || memchr(line, '\0', n))
		return false;
	memcpy(value, line, n);
	value[n] = '\0';
	*at = newline + 1;
	return true;
}

int state_parse(const char *text, size_t size, struct pci_state *state)
{
	static const char title[] = TITLE "\n";
	const char *at = text, *end = text + size;
	struct pci_state s;
	char count[8], *rest;
	struct bdf bdf;

	if (size < sizeof(title) || memcmp(text, title, sizeof(title) - 1))
		return -EINVAL;
	at += sizeof(title) - 1;
	if (!take(&at, end, "function", s.bdf, sizeof(s.bdf)) ||
	    !take(&at, end, "driver", s.driver, sizeof(s.driver)) ||
	    !take(&at, end, "driver_override", s.driver_override, sizeof(s.driver_override)) ||
	    !take(&at, end, "enable", count, sizeof(count)) ||
	    !take(&at, end, "power", s.power_control, sizeof(s.power_control)) || at != end)
		return -EINVAL;
	s.enabled = (unsigned int)strtoul(count, &rest, 10);
	if (*rest || count[0] < '0' || count[0] > '9' || !bdf_parse(s.bdf, &bdf) ||
	    !plain(s.driver) || !plain(s.driver_override) ||
	    (s.power_control[0] && strcmp(s.power_control, "on") &&
	     strcmp(s.power_control, "auto")))
		return -EINVAL;
	*state = s;
	return 0;
}

/* Who could write here could have drivers bound: the folder and its files are ours alone. */
static bool ours(const struct stat *st)
{
	return st->st_uid == geteuid() && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

/* Return: the folder, opened; -ENOENT; -EPERM: not ours; -errno. */
static int open_folder(const char *root, char *error, size_t size)
{
	char path[SYSFS_PATH];
	struct stat st;
	int fd, result = 0;

	(void)sysfs_path(path, "%s/run/lifeline", root);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		result = -errno;
	else if (!ours(&st))
		result = -EPERM;
	if (!result)
		return fd;
	(void)snprintf(error, size, "%s: %s", path,
		       result == -EPERM ? "belongs to others, or others may write: remove it"
					: strerror(-result));
	if (fd >= 0)
		close(fd);
	return result;
}

/*
 * The file has no name until it is whole, and its name is not taken from another: of
 * two processes one has the function.
 */
static int write_file(int folder, const char *name, const char *text, size_t size)
{
	int fd = openat(folder, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600), result = 0;
	char link[32];

	if (fd < 0)
		return -errno;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (write(fd, text, size) != (ssize_t)size)
		result = -EIO;
	else if (linkat(AT_FDCWD, link, folder, name, AT_SYMLINK_FOLLOW))
		result = -errno;
	close(fd);
	return result;
}

int state_save(const char *root, const struct pci_state *state, char *error, size_t size)
{
	char path[SYSFS_PATH], text[STATE_TEXT];
	int length = state_format(state, text), folder, result;

	if (length < 0) {
		(void)snprintf(error, size, "%s: driver or driver_override is no plain name",
			       state->bdf);
		return length;
	}
	(void)sysfs_path(path, "%s/run", root);
	(void)mkdir(path, 0755);
	(void)sysfs_path(path, "%s/run/lifeline", root);
	(void)mkdir(path, 0700);
	folder = open_folder(root, error, size);
	if (folder < 0)
		return folder;
	result = write_file(folder, state->bdf, text, (size_t)length);
	close(folder);
	if (result == -EEXIST)
		(void)snprintf(error, size,
			       "%s: taken before and not given back: %s/%s; "
			       "`lifeline pci restore` gives it back",
			       state->bdf, path, state->bdf);
	else if (result)
		(void)snprintf(error, size, "%s/%s: %s", path, state->bdf, strerror(-result));
	return result;
}

/* Return: length of the text; -EPERM; -EINVAL: too long; -errno. */
static int read_file(int folder, const char *bdf, char text[STATE_TEXT])
{
	/* Of a FIFO or a device in our folder not even the opening is waited for. */
	int fd = openat(folder, bdf, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	ssize_t n = 0;
	int result = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		result = -errno;
	else if (!S_ISREG(st.st_mode) || !ours(&st))
		result = -EPERM;
	else
		n = read(fd, text, STATE_TEXT);
	if (n < 0)
		result = -errno;
	else if (n == STATE_TEXT)
		result = -EINVAL;
	close(fd);
	return result ? result : (int)n;
}

int state_load(const char *root, const char *bdf, struct pci_state *state, char *error, size_t size)
{
	int folder = open_folder(root, error, size), result;
	char text[STATE_TEXT] = "";
	const char *why;

	if (folder < 0)
		return folder;
	result = read_file(folder, bdf, text);
	close(folder);
	if (result >= 0) {
		result = state_parse(text, (size_t)result, state);
		if (!result && strcmp(state->bdf, bdf))
			result = -EINVAL;
	}
	if (!result)
		return 0;
	why = result == -EINVAL	 ? "is no state of this function: remove it, and bind by hand"
	      : result == -EPERM ? "is no plain file of ours alone: remove it, and bind by hand"
				 : strerror(-result);
	(void)snprintf(error, size, "%s/run/lifeline/%s: %s", root, bdf, why);
	return result;
}

int state_drop(const char *root, const char *bdf)
{
	char path[SYSFS_PATH];

	(void)sysfs_path(path, "%s/run/lifeline/%s", root, bdf);
	return unlink(path) ? -errno : 0;
}

unsigned int state_list(const char *root, char (*bdf)[BDF_SIZE], unsigned int max)
{
	char path[SYSFS_PATH];
	struct dirent *entry;
	unsigned int n = 0;
	struct bdf at;
	DIR *dir;

	(void)sysfs_path(path, "%s/run/lifeline", root);
	dir = opendir(path);
	while (dir && n < max && (entry = readdir(dir)))
		if (bdf_parse(entry->d_name, &at) && strlen(entry->d_name) < BDF_SIZE)
			memcpy(bdf[n++], entry->d_name, strlen(entry->d_name) + 1);
	if (dir)
		closedir(dir);
	return n;
}
