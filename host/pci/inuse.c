// SPDX-License-Identifier: GPL-2.0-only
#include "host/pci/inuse.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "host/pci/sysfs.h"

/* A filesystem in a file on a volume on a RAID of partitions is 5 deep. */
#define DEPTH	8
#define DEVICES 4096

/* @path: where sysfs has the device, all links resolved: its bridges are in it. */
struct inuse_device {
	char path[SYSFS_PATH];
	char why[INUSE_WHY];
};

/* What is being looked at. */
struct search {
	const char *root;
	struct inuse *inuse;
	char why[INUSE_WHY];
	int result;
};

static void add(struct search *s, const char *path)
{
	struct inuse *all = s->inuse;

	if (all->count == all->room) {
		unsigned int room = all->room ? 2 * all->room : 16;
		struct inuse_device *more =
			room <= DEVICES ? realloc(all->device, room * sizeof(*more)) : NULL;

		if (!more) {
			s->result = -ENOMEM;
			return;
		}
		all->device = more;
		all->room = room;
	}
	(void)snprintf(all->device[all->count].path, SYSFS_PATH, "%s", path);
	memcpy(all->device[all->count].why, s->why, INUSE_WHY);
	/* A folder's name may be any bytes; a reason is one line. */
	for (char *c = all->device[all->count].why; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	all->count++;
}

static void need_block(struct search *s, unsigned int major, unsigned int minor,
		       unsigned int depth);

static void need_file(struct search *s, const char *file, unsigned int depth)
{
	struct stat st;

	if (stat(file, &st))
		return;
	if (S_ISBLK(st.st_mode))
		need_block(s, major(st.st_rdev), minor(st.st_rdev), depth);
	else
		need_block(s, major(st.st_dev), minor(st.st_dev), depth);
}

/* Devices that device @path consists of: links of its folder @folder whose names begin with @prefix. */
static void need_below(struct search *s, const char *path, const char *folder, const char *prefix,
		       unsigned int depth);

/* A device by its resolved path, and what it stands upon. */
static void need_path(struct search *s, const char *path, unsigned int depth)
{
	char attribute[SYSFS_PATH], file[SYSFS_PATH];

	add(s, path);
	if (!depth || s->result)
		return;
	need_below(s, path, "slaves", "", depth - 1);
	/* A partition of a RAID has no slaves of its own. */
	need_below(s, path, "../slaves", "", depth - 1);
	/* Bonds, bridges and VLANs. */
	need_below(s, path, ".", "lower_", depth - 1);
	(void)sysfs_path(attribute, "%s/loop/backing_file", path);
	if (sysfs_read(attribute, file, sizeof(file)) > 0)
		need_file(s, file, depth - 1);
}

static void need_below(struct search *s, const char *path, const char *folder, const char *prefix,
		       unsigned int depth)
{
	char name[SYSFS_PATH], real[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	(void)sysfs_path(name, "%s/%s", path, folder);
	dir = opendir(name);
	while (dir && !s->result && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || strncmp(entry->d_name, prefix, strlen(prefix)))
			continue;
		(void)sysfs_path(name, "%s/%s/%s", path, folder, entry->d_name);
		if (realpath(name, real))
			need_path(s, real, depth);
	}
	if (dir)
		closedir(dir);
}

static void need_link(struct search *s, const char *link, unsigned int depth)
{
	char real[PATH_MAX];

	if (realpath(link, real))
		need_path(s, real, depth);
}

static void need_block(struct search *s, unsigned int major, unsigned int minor, unsigned int depth)
{
	char link[SYSFS_PATH];

	(void)sysfs_path(link, "%s/sys/dev/block/%u:%u", s->root, major, minor);
	need_link(s, link, depth);
}

/* Octal escapes of the kernel's seq_escape(): blanks in paths are \040. In place. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		unsigned int value;

		if (*text == '\\' && strspn(text + 1, "01234567") >= 3 &&
		    sscanf(text + 1, "%3o", &value) == 1 && value && value < 256) {
			*to++ = (char)value;
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

/* "36 35 98:0 /root /mnt rw,noatime master:1 - ext3 /dev/root rw" (proc(5)) */
static void mount_line(struct search *s, char *line)
{
	unsigned int major, minor;
	char target[SYSFS_PATH], source[SYSFS_PATH];
	const char *behind = strstr(line, " - ");

	if (!behind || sscanf(line, "%*d %*d %u:%u %*s %511s", &major, &minor, target) != 3)
		return;
	unescape(target);
	(void)snprintf(s->why, sizeof(s->why), "mounted on %.70s", target);
	if (major) {
		need_block(s, major, minor, DEPTH);
		return;
	}
	/* btrfs has numbers of its own: the source is one of its devices. */
	if (sscanf(behind + 3, "%*s %511s", source) == 1 && source[0] == '/') {
		struct stat st;

		unescape(source);
		if (!stat(source, &st) && S_ISBLK(st.st_mode))
			need_file(s, source, DEPTH);
	}
}

/* "/dev/sda2  partition  1048572  0  -2"; the header names no file. */
static void swap_line(struct search *s, char *line)
{
	char file[SYSFS_PATH];

	if (sscanf(line, "%511s", file) != 1 || file[0] != '/')
		return;
	unescape(file);
	(void)snprintf(s->why, sizeof(s->why), "swap on %.70s", file);
	need_file(s, file, DEPTH);
}

/* Virtual terminals are shown by the display that the firmware had begun with. */
static void display(struct search *s)
{
	char path[SYSFS_PATH];
	struct dirent *entry;
	DIR *dir;

	(void)sysfs_path(path, "%s/sys/bus/pci/devices", s->root);
	dir = opendir(path);
	while (dir && !s->result && (entry = readdir(dir))) {
		(void)sysfs_path(path, "%s/sys/bus/pci/devices/%s/boot_vga", s->root,
				 entry->d_name);
		if (sysfs_number(path, 0) != 1)
			continue;
		(void)sysfs_path(path, "%s/sys/bus/pci/devices/%s", s->root, entry->d_name);
		need_link(s, path, 0);
	}
	if (dir)
		closedir(dir);
}

/* "ttyS0  -W- (EC p a)  4:64" */
static void console_line(struct search *s, char *line)
{
	char name[32], link[SYSFS_PATH];
	const char *numbers = strrchr(line, ')');
	unsigned int major, minor;

	if (!numbers || sscanf(line, "%31s", name) != 1 ||
	    sscanf(numbers + 1, "%u:%u", &major, &minor) != 2)
		return;
	(void)snprintf(s->why, sizeof(s->why), "console %s", name);
	(void)sysfs_path(link, "%s/sys/dev/char/%u:%u", s->root, major, minor);
	need_link(s, link, 0);
	if (major == 4 && minor < 64)
		display(s);
}

static void need_interface(struct search *s, const char *name)
{
	char link[SYSFS_PATH];

	if (strchr(name, '/'))
		return;
	(void)snprintf(s->why, sizeof(s->why), "default route by %s", name);
	(void)sysfs_path(link, "%s/sys/class/net/%s", s->root, name);
	need_link(s, link, DEPTH);
}

#define ROUTE_UP     0x0001 /* RTF_UP */
#define ROUTE_REJECT 0x0200 /* RTF_REJECT */

/* Iface Destination Gateway Flags RefCnt Use Metric Mask ... (fib_route_seq_show()) */
static void route_line(struct search *s, char *line)
{
	unsigned int destination, flags, mask;
	char name[32];

	if (sscanf(line, "%31s %x %*x %x %*d %*u %*d %x", name, &destination, &flags, &mask) == 4 &&
	    !destination && !mask && flags & ROUTE_UP && !(flags & ROUTE_REJECT))
		need_interface(s, name);
}

/* destination length source length gateway metric references use flags interface */
static void route6_line(struct search *s, char *line)
{
	char destination[33], name[32];
	unsigned int length, flags;

	if (sscanf(line, "%32s %x %*s %*x %*s %*x %*x %*x %x %31s", destination, &length, &flags,
		   name) == 4 &&
	    !length && flags & ROUTE_UP && !(flags & ROUTE_REJECT))
		need_interface(s, name);
}

static void each_line(struct search *s, const char *file, void (*take)(struct search *, char *))
{
	char path[SYSFS_PATH], *line = NULL;
	size_t room = 0;
	FILE *f;

	(void)sysfs_path(path, "%s/proc/%s", s->root, file);
	f = fopen(path, "re");
	while (f && !s->result && getline(&line, &room, f) > 0)
		take(s, line);
	free(line);
	if (f)
		fclose(f);
}

/* md, device-mapper and their like leave a link in the holders of what they took. */
static void held_disks(struct search *s)
{
	char path[SYSFS_PATH];
	struct dirent *entry, *holder;
	DIR *dir, *holders;

	(void)sysfs_path(path, "%s/sys/class/block", s->root);
	dir = opendir(path);
	while (dir && !s->result && (entry = readdir(dir))) {
		(void)sysfs_path(path, "%s/sys/class/block/%s/holders", s->root, entry->d_name);
		holders = entry->d_name[0] == '.' ? NULL : opendir(path);
		while (holders && (holder = readdir(holders))) {
			if (holder->d_name[0] == '.')
				continue;
			(void)snprintf(s->why, sizeof(s->why), "held by %.32s (%.32s)",
				       holder->d_name, entry->d_name);
			(void)sysfs_path(path, "%s/sys/class/block/%s", s->root, entry->d_name);
			need_link(s, path, DEPTH);
			break;
		}
		if (holders)
			closedir(holders);
	}
	if (dir)
		closedir(dir);
}

int inuse_read(const char *root, struct inuse *inuse)
{
	struct search s = { .root = root, .inuse = inuse };

	memset(inuse, 0, sizeof(*inuse));
	each_line(&s, "self/mountinfo", mount_line);
	each_line(&s, "swaps", swap_line);
	each_line(&s, "consoles", console_line);
	each_line(&s, "net/route", route_line);
	each_line(&s, "net/ipv6_route", route6_line);
	held_disks(&s);
	if (s.result)
		inuse_free(inuse);
	return s.result;
}

void inuse_free(struct inuse *inuse)
{
	free(inuse->device);
	memset(inuse, 0, sizeof(*inuse));
}

/* Is @name a whole component of @path? */
static bool passes(const char *path, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = path; (at = strstr(at, name)); at++)
		if (at != path && at[-1] == '/' && (at[n] == '/' || !at[n]))
			return true;
	return false;
}

const char *inuse_why(const struct inuse *inuse, const char *bdf)
{
	for (unsigned int i = 0; i < inuse->count; i++)
		if (passes(inuse->device[i].path, bdf))
			return inuse->device[i].why;
	return NULL;
}
