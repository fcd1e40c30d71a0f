// SPDX-License-Identifier: GPL-2.0-only
/*
 * A state file says which driver is bound to which function, by the control domain,
 * as root: one that others wrote, or that is spoiled, moves nothing.
 */
#include "host/pci/state.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/tests/unit.h"

#define HEAD "lifeline pci 1\nfunction=0000:00:06.0\n"

static const struct pci_state e1000 = {
	.bdf = "0000:00:06.0", .driver = "e1000", .enabled = 1, .power_control = "on"
};

static int parse(const char *text, size_t size, struct pci_state *state)
{
	char *copy = unit_alloc(size ? size : 1);
	int result;

	memcpy(copy, text, size);
	result = state_parse(copy, size, state);
	free(copy);
	return result;
}

TEST(there_and_back)
{
	static const struct pci_state rows[] = {
		{ .bdf = "0000:00:04.0" },
		{ .bdf = "10000:e0:1f.7",
		  .driver = "HDA Intel+PCH",
		  .driver_override = "snd_hda_intel",
		  .enabled = 12,
		  .power_control = "auto" },
	};
	char text[STATE_TEXT];
	struct pci_state s;
	int n;

	for (size_t i = 0; i < 2; i++) {
		CONTEXT("row %zu", i);
		n = state_format(&rows[i], text);
		EXPECT_TRUE(n > 0 && n < STATE_TEXT);
		EXPECT_EQ(parse(text, (size_t)n, &s), 0);
		EXPECT_STR(s.bdf, rows[i].bdf);
		EXPECT_STR(s.driver, rows[i].driver);
		EXPECT_STR(s.driver_override, rows[i].driver_override);
		EXPECT_STR(s.power_control, rows[i].power_control);
		EXPECT_EQ(s.enabled, rows[i].enabled);
	}
	/* The longest names fit. */
	s = rows[0];
	memset(s.driver, 'd', PCI_NAME - 1);
	memset(s.driver_override, 'o', PCI_NAME - 1);
	EXPECT_TRUE(state_format(&s, text) < STATE_TEXT);
}

TEST(names_that_lead_elsewhere)
{
	static const char *const names[] = { "..", ".", "../../x", "a/b", "a\nb", "\033", "\377" };
	char text[STATE_TEXT];
	struct pci_state s;
	int n;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		CONTEXT("name %zu", i);
		s = e1000;
		(void)snprintf(s.driver, sizeof(s.driver), "%s", names[i]);
		EXPECT_EQ(state_format(&s, text), -EILSEQ);
		n = snprintf(text, sizeof(text),
			     HEAD "driver=%s\ndriver_override=\nenable=1\npower=on\n", names[i]);
		EXPECT_EQ(parse(text, (size_t)n, &s), -EINVAL);
		n = snprintf(text, sizeof(text),
			     HEAD "driver=\ndriver_override=%s\nenable=1\npower=on\n", names[i]);
		EXPECT_EQ(parse(text, (size_t)n, &s), -EINVAL);
	}
}

TEST(hostile)
{
#define LONG "ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
	static const struct {
		const char *text;
		size_t size;
	} rows[] = {
#define ROW(text) { text, sizeof(text) - 1 }
		ROW(""),
		ROW("lifeline pci 1"),
		ROW("lifeline pci "
		    "2\nfunction=0000:00:06.0\ndriver=\ndriver_override=\nenable=0\npower=\n"),
		ROW(HEAD),
		ROW(HEAD "driver=e1000\n"),
		ROW(HEAD "driver=e1000\ndriver_override=\nenable=1\npower=on"),
		ROW(HEAD "driver=e1000\ndriver_override=\nenable=1\npower=on\n\n"),
		ROW(HEAD "driver=e1000\ndriver_override=\nenable=1\npower=on\nmore=1\n"),
		ROW(HEAD "driver_override=\ndriver=e1000\nenable=1\npower=on\n"),
		ROW(HEAD "driver=e1000\ndriver_override=\nenable=-1\npower=on\n"),
		ROW(HEAD "driver=e1000\ndriver_override=\nenable=\npower=on\n"),
		ROW(HEAD "driver=e1000\ndriver_override=\nenable=1x\npower=on\n"),
		ROW(HEAD "driver=e1000\ndriver_override=\nenable=99999999\npower=on\n"),
		ROW(HEAD "driver=e1000\ndriver_override=\nenable=1\npower=off\n"),
		ROW(HEAD "driver=e1\0000\ndriver_override=\nenable=1\npower=on\n"),
		ROW(HEAD "driver=" LONG "\ndriver_override=\nenable=1\npower=on\n"),
		ROW("lifeline pci "
		    "1\nfunction=0000:00:99.0\ndriver=\ndriver_override=\nenable=0\npower=\n"),
		ROW("lifeline pci "
		    "1\nfunction=../../etc\ndriver=\ndriver_override=\nenable=0\npower=\n"),
#undef ROW
	};
	struct pci_state s = e1000;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CONTEXT("row %zu", i);
		EXPECT_EQ(parse(rows[i].text, rows[i].size, &s), -EINVAL);
	}
	EXPECT_STR(s.driver, "e1000");
}

TEST(spoiled)
{
	char text[STATE_TEXT], spoiled[STATE_TEXT];
	size_t size = (size_t)state_format(&e1000, text);
	struct pci_state s;
	uint64_t seed = 3;

	for (size_t n = 0; n < size; n++)
		EXPECT_EQ(parse(text, n, &s), -EINVAL);
	for (unsigned int n = 0; n < 20000; n++) {
		memcpy(spoiled, text, size);
		for (unsigned int i = 0; i < 1 + n % 4; i++)
			spoiled[unit_random(&seed) % size] = (char)unit_random(&seed);
		if (!parse(spoiled, size, &s))
			EXPECT_TRUE(!strchr(s.driver, '/') && s.driver[0] != '.');
	}
}

/* A root of its own in a folder that goes with the test. */
static char root[64];

static void make_root(void)
{
	(void)snprintf(root, sizeof(root), "/tmp/lifeline-state-XXXXXX");
	if (!mkdtemp(root))
		abort();
}

static const char *in_root(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	return path;
}

static void remove_root(void)
{
	(void)state_drop(root, e1000.bdf);
	(void)rmdir(in_root("run/lifeline"));
	(void)unlink(in_root("run/lifeline"));
	(void)rmdir(in_root("run"));
	EXPECT_EQ(rmdir(root), 0);
}

static void put(const char *name, const char *text)
{
	FILE *f = fopen(in_root(name), "we");

	if (!f)
		abort();
	(void)fputs(text, f);
	fclose(f);
}

TEST(saved_once)
{
	char error[200] = "", list[4][BDF_SIZE];
	struct pci_state s;

	make_root();
	EXPECT_EQ(state_list(root, list, 4), 0);
	EXPECT_EQ(state_load(root, e1000.bdf, &s, error, sizeof(error)), -ENOENT);
	EXPECT_EQ(state_save(root, &e1000, error, sizeof(error)), 0);
	EXPECT_EQ(state_save(root, &e1000, error, sizeof(error)), -EEXIST);
	EXPECT_TRUE(strstr(error, "restore"));
	EXPECT_EQ(state_load(root, e1000.bdf, &s, error, sizeof(error)), 0);
	EXPECT_STR(s.driver, "e1000");
	EXPECT_EQ(state_list(root, list, 4), 1);
	EXPECT_STR(list[0], e1000.bdf);
	EXPECT_EQ(state_list(root, list, 0), 0);
	EXPECT_EQ(state_drop(root, e1000.bdf), 0);
	EXPECT_EQ(state_drop(root, e1000.bdf), -ENOENT);
	/* Nothing else was left there. */
	EXPECT_EQ(rmdir(in_root("run/lifeline")), 0);
	remove_root();
}

TEST(not_ours)
{
	const char *file = "run/lifeline/0000:00:06.0";
	char error[200] = "", link[128];
	struct pci_state s;

	make_root();
	EXPECT_EQ(state_save(root, &e1000, error, sizeof(error)), 0);
	EXPECT_EQ(chmod(in_root(file), 0620), 0);
	EXPECT_EQ(state_load(root, e1000.bdf, &s, error, sizeof(error)), -EPERM);
	EXPECT_EQ(chmod(in_root(file), 0600), 0);
	EXPECT_EQ(chmod(in_root("run/lifeline"), 0777), 0);
	EXPECT_EQ(state_load(root, e1000.bdf, &s, error, sizeof(error)), -EPERM);
	EXPECT_EQ(state_save(root, &e1000, error, sizeof(error)), -EPERM);
	EXPECT_EQ(chmod(in_root("run/lifeline"), 0700), 0);
	/* A link, a FIFO, another function's state, and a book. */
	(void)snprintf(link, sizeof(link), "%s", in_root("run/there"));
	EXPECT_EQ(rename(in_root(file), link), 0);
	EXPECT_EQ(symlink(link, in_root(file)), 0);
	EXPECT_EQ(state_load(root, e1000.bdf, &s, error, sizeof(error)), -ELOOP);
	EXPECT_EQ(unlink(in_root(file)), 0);
	EXPECT_EQ(unlink(link), 0);
	EXPECT_EQ(mkfifo(in_root(file), 0600), 0);
	EXPECT_EQ(state_load(root, e1000.bdf, &s, error, sizeof(error)), -EPERM);
	EXPECT_EQ(unlink(in_root(file)), 0);
	put(file, "lifeline pci 1\nfunction=0000:00:08.0\ndriver=\ndriver_override=\nenable=0\n"
		  "power=\n");
	EXPECT_EQ(state_load(root, e1000.bdf, &s, error, sizeof(error)), -EINVAL);
	EXPECT_TRUE(strstr(error, e1000.bdf) && !strchr(error, '\n'));
	remove_root();
}
