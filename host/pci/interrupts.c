// SPDX-License-Identifier: GPL-2.0-only
#include "host/pci/interrupts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/pci/sysfs.h"

#define FILE_MAX   (64u << 20)
#define FILE_STEP  (64u << 10)
#define COUNTS_MAX ((size_t)INTERRUPTS_CPUS * 11)

/* The rest of a line; it never holds a newline. */
struct span {
	const char *s;
	size_t n;
};

static struct span take_line(struct span *text)
{
	const char *end = memchr(text->s, '\n', text->n);
	struct span line = { text->s, end ? (size_t)(end - text->s) : text->n };
	size_t used = line.n + (end != NULL);

	text->s += used;
	text->n -= used;
	return line;
}

static void skip_blanks(struct span *line)
{
	while (line->n && *line->s == ' ')
		line->s++, line->n--;
}

static struct span take_word(struct span *line)
{
	struct span word;

	skip_blanks(line);
	word = (struct span){ line->s, 0 };
	while (word.n < line->n && word.s[word.n] != ' ')
		word.n++;
	line->s += word.n;
	line->n -= word.n;
	return word;
}

/* The whole of @word is a decimal number of at most @max. */
static bool number(struct span word, uint64_t max, uint64_t *value)
{
	uint64_t sum = 0;

	if (!word.n || word.n > 19)
		return false;
	for (size_t i = 0; i < word.n; i++) {
		if (word.s[i] < '0' || word.s[i] > '9')
			return false;
		sum = sum * 10 + (uint64_t)(word.s[i] - '0');
	}
	*value = sum;
	return sum <= max;
}

static void copy(struct span from, char *to, size_t size)
{
	size_t n = from.n < size ? from.n : size - 1;

	for (size_t i = 0; i < n; i++) {
		to[i] = '?';
		if (from.s[i] >= ' ' && from.s[i] <= '~')
			to[i] = from.s[i];
	}
	to[n] = '\0';
}

/* "CPU0 CPU1 CPU3": the CPUs that are online. */
static int take_header(struct span line, struct interrupts *all)
{
	struct span rest = line;
	uint64_t id, last = 0;
	unsigned int n = 0;

	all->cpu = calloc(line.n / 4 + 1, sizeof(*all->cpu));
	if (!all->cpu)
		return -ENOMEM;
	for (;;) {
		struct span word = take_word(&rest);

		if (!word.n)
			break;
		if (word.n < 4 || memcmp(word.s, "CPU", 3) ||
		    !number((struct span){ word.s + 3, word.n - 3 }, UINT16_MAX, &id) ||
		    (n && id <= last))
			return -EINVAL;
		if (n == INTERRUPTS_CPUS)
			return -E2BIG;
		all->cpu[n++] = (uint16_t)id;
		last = id;
	}
	all->cpus = n;
	return n ? 0 : -EINVAL;
}

/*
 * Behind the counts: "IR-IO-APIC   20-fasteoi   ahci, uhci_hcd:usb1". The chip's name is
 * one word; hwirq and handler are there or not (show_interrupts(), kernel/irq/proc.c).
 */
static void take_source(struct span rest, struct interrupt *row)
{
	struct span word;
	const char *dash;
	uint64_t hwirq;

	copy(take_word(&rest), row->chip, sizeof(row->chip));
	if (rest.n) {
		struct span behind = rest;

		word = take_word(&behind);
		dash = memchr(word.s, '-', word.n);
		if (number((struct span){ word.s, dash ? (size_t)(dash - word.s) : word.n },
			   INT64_MAX, &hwirq)) {
			row->hwirq = (long)hwirq;
			rest = behind;
		}
		if (dash && (row->hwirq >= 0 || dash == word.s)) {
			copy((struct span){ dash + 1, word.n - (size_t)(dash + 1 - word.s) },
			     row->handler, sizeof(row->handler));
			rest = behind;
		}
	}
	skip_blanks(&rest);
	copy(rest, row->actions, sizeof(row->actions));
}

/* How many numbers @line begins with, at most @max. */
static unsigned int numbers(struct span line, unsigned int max)
{
	unsigned int n = 0;
	uint64_t value = 0;

	while (n < max && number(take_word(&line), UINT32_MAX, &value))
		n++;
	return n;
}

/* Return: 1: @row is one; 0: the line is none of the file's; -ENOMEM. */
static int take_row(struct span line, unsigned int cpus, struct interrupt *row)
{
	struct span name = take_word(&line);
	uint64_t value = 0;

	memset(row, 0, sizeof(*row));
	if (name.n < 2 || name.s[name.n - 1] != ':' || name.n > sizeof(row->name))
		return 0;
	name.n--;
	copy(name, row->name, sizeof(row->name));
	row->irq = number(name, INT32_MAX, &value) ? (int)value : -1;
	row->hwirq = -1;
	row->counts = numbers(line, cpus);
	if (!row->counts || (row->irq >= 0 && row->counts < cpus))
		return 0;
	row->count = calloc(row->counts, sizeof(*row->count));
	if (!row->count)
		return -ENOMEM;
	for (unsigned int n = 0; n < row->counts; n++) {
		(void)number(take_word(&line), UINT32_MAX, &value);
		row->count[n] = (uint32_t)value;
	}
	/* Behind the counts of a row without an irq stands what it counts. */
	if (row->irq >= 0)
		take_source(line, row);
	else
		skip_blanks(&line), copy(line, row->actions, sizeof(row->actions));
	return 1;
}

static int take_rows(struct span text, struct interrupts *all)
{
	unsigned int room = 0;

	while (text.n) {
		struct interrupt row, *more;
		int kind = take_row(take_line(&text), all->cpus, &row);

		if (kind < 0)
			return kind;
		if (!kind)
			continue;
		if (all->rows == room) {
			room = room ? 2 * room : 64;
			more = room <= INTERRUPTS_ROWS ? realloc(all->row, room * sizeof(*all->row))
						       : NULL;
			if (!more) {
				free(row.count);
				return room <= INTERRUPTS_ROWS ? -ENOMEM : -E2BIG;
			}
			all->row = more;
		}
		all->row[all->rows++] = row;
	}
	return 0;
}

int interrupts_parse(const char *text, size_t size, struct interrupts *all)
{
	struct span rest = { text, size };
	int result;

	memset(all, 0, sizeof(*all));
	result = take_header(take_line(&rest), all);
	if (!result)
		result = take_rows(rest, all);
	if (result)
		interrupts_free(all);
	return result;
}

/* procfs does not tell how long a file is. */
static int read_file(const char *path, char **text, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), result = 0;
	size_t room = 0, n = 0;
	ssize_t got = 1;

	if (fd < 0)
		return -errno;
	*text = NULL;
	while (got > 0) {
		if (n == room) {
			char *more = room < FILE_MAX ? realloc(*text, room + FILE_STEP) : NULL;

			if (!more) {
				result = room < FILE_MAX ? -ENOMEM : -E2BIG;
				break;
			}
			*text = more;
			room += FILE_STEP;
		}
		got = read(fd, *text + n, room - n);
		if (got < 0)
			result = -errno;
		else
			n += (size_t)got;
	}
	close(fd);
	*size = n;
	return result;
}

int interrupts_read(const char *root, struct interrupts *all)
{
	char path[SYSFS_PATH], *text = NULL;
	size_t size = 0;
	int result;

	memset(all, 0, sizeof(*all));
	(void)sysfs_path(path, "%s/proc/interrupts", root);
	result = read_file(path, &text, &size);
	if (!result)
		result = text ? interrupts_parse(text, size, all) : -EINVAL;
	free(text);
	return result;
}

void interrupts_free(struct interrupts *all)
{
	for (unsigned int i = 0; i < all->rows; i++)
		free(all->row[i].count);
	free(all->row);
	free(all->cpu);
	memset(all, 0, sizeof(*all));
}

const struct interrupt *interrupts_find(const struct interrupts *all, int irq)
{
	for (unsigned int i = 0; i < all->rows; i++)
		if (irq >= 0 && all->row[i].irq == irq)
			return &all->row[i];
	return NULL;
}

const struct interrupt *interrupts_named(const struct interrupts *all, const char *name)
{
	for (unsigned int i = 0; i < all->rows; i++)
		if (!strcmp(all->row[i].name, name))
			return &all->row[i];
	return NULL;
}

bool interrupt_action(const struct interrupt *row, unsigned int index, char *name, size_t size)
{
	const char *from = row->irq < 0 ? "" : row->actions, *end;

	for (; index; index--) {
		end = strstr(from, ", ");
		from = end ? end + 2 : from + strlen(from);
	}
	end = strstr(from, ", ");
	copy((struct span){ from, end ? (size_t)(end - from) : strlen(from) }, name, size);
	return *from;
}

uint64_t interrupt_total(const struct interrupt *row)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < row->counts; i++)
		sum += row->count[i];
	return sum;
}

uint64_t interrupts_delta(const struct interrupts *before, const struct interrupts *after,
			  const char *name)
{
	const struct interrupt *old = interrupts_named(before, name),
			       *now = interrupts_named(after, name);
	unsigned int i = 0, j = 0;
	uint64_t sum = 0;

	while (now && j < now->counts && i < before->cpus) {
		if (before->cpu[i] < after->cpu[j]) {
			i++;
		} else if (before->cpu[i] > after->cpu[j]) {
			j++;
		} else {
			sum += (uint32_t)(now->count[j] -
					  (old && i < old->counts ? old->count[i] : 0));
			i++, j++;
		}
	}
	return sum;
}

int interrupt_counts(const char *root, unsigned int irq, uint32_t *count, unsigned int max)
{
	char path[SYSFS_PATH], *text = malloc(COUNTS_MAX);
	struct span rest;
	unsigned int n = 0;
	int result;

	if (!text)
		return -ENOMEM;
	(void)sysfs_path(path, "%s/sys/kernel/irq/%u/per_cpu_count", root, irq);
	result = sysfs_read(path, text, COUNTS_MAX);
	rest = (struct span){ text, result > 0 ? (size_t)result : 0 };
	while (result >= 0 && rest.n) {
		const char *comma = memchr(rest.s, ',', rest.n);
		size_t length = comma ? (size_t)(comma - rest.s) : rest.n;
		uint64_t value;

		if (!number((struct span){ rest.s, length }, UINT32_MAX, &value))
			result = -EINVAL;
		else if (n++ < max)
			count[n - 1] = (uint32_t)value;
		rest.s += length + (comma != NULL);
		rest.n -= length + (comma != NULL);
	}
	free(text);
	return result < 0 ? result : (int)n;
}
