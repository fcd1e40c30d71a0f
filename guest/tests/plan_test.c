// SPDX-License-Identifier: GPL-2.0-only
/*
 * The plan's text comes from outside: whatever is in it, it is read to its end,
 * never behind, and never changed.
 */
#include "guest/control/plan.h"

#include <string.h>

#include "guest/tests/unit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* @block is exactly as long as the text; of an empty one @span is the end. */
struct text {
	char *block;
	struct span span;
};

static struct text text_of(const char *bytes, size_t n)
{
	struct text t;

	t.block = unit_alloc(n ? n : 1);
	if (n)
		memcpy(t.block, bytes, n);
	t.span = (struct span){ n ? t.block : t.block + 1, n };
	return t;
}

/* A string literal may hold NULs: sizeof sees behind them. */
#define TEXT(literal) text_of(literal, sizeof(literal) - 1)

static void expect_span(struct span seen, const char *expected, size_t n)
{
	char *copy = unit_alloc(seen.len + 1);

	EXPECT_EQ(seen.len, n);
	span_copy(seen, copy, seen.len + 1);
	if (seen.len != n || (n && memcmp(seen.s, expected, n)))
		EXPECT_STR(copy, expected);
	free(copy);
}

TEST(lines)
{
	static const struct {
		const char *text;
		size_t size;
		const char *line[3];
	} rows[] = {
#define ROW(text, ...)                  \
	{                               \
		text, sizeof(text) - 1, \
		{                       \
			__VA_ARGS__     \
		}                       \
	}
		ROW("", NULL),
		ROW("\n", NULL),
		ROW("\n\n\n", NULL),
		ROW(" \t\r\n \n", NULL),
		ROW("\0", NULL),
		ROW("a", "a"),
		ROW("a\n", "a"),
		ROW("a\nb", "a", "b"),
		ROW("a\n\n\nb\n", "a", "b"),
		ROW("  a b\n\tc", "a b", "c"),
		/* What ends a line but is no newline belongs to it; the words leave it out. */
		ROW("a\r\nb\r\n", "a\r", "b\r"),
		ROW("a \t\nb", "a \t", "b"),
		ROW("a\rb", "a\rb"),
		ROW("\0\0a\nb", "a", "b"),
#undef ROW
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct text t = text_of(rows[i].text, rows[i].size);
		struct span rest = t.span, line;

		CONTEXT("row %zu", i);
		for (unsigned int k = 0; rows[i].line[k]; k++) {
			EXPECT_TRUE(plan_next_line(&rest, &line));
			expect_span(line, rows[i].line[k], strlen(rows[i].line[k]));
		}
		EXPECT_TRUE(!plan_next_line(&rest, &line));
		EXPECT_TRUE(!plan_next_line(&rest, &line));
		EXPECT_EQ(line.len, 0);
		EXPECT_EQ(rest.len, 0);
		free(t.block);
	}
}

TEST(no_text)
{
	struct span rest = { NULL, 0 }, piece;

	EXPECT_TRUE(!plan_next_line(&rest, &piece));
	EXPECT_TRUE(!plan_next_word(&rest, ' ', &piece));
	EXPECT_TRUE(!plan_value(rest, "key", &piece));
	EXPECT_EQ(plan_number(rest, "key", 7), 7);
}

TEST(words)
{
	struct text t = TEXT("device  00:03.0\tedu\r");
	struct span line = t.span, word;

	EXPECT_TRUE(plan_next_word(&line, ' ', &word));
	expect_span(word, "device", 6);
	EXPECT_TRUE(plan_next_word(&line, ' ', &word));
	expect_span(word, "00:03.0", 7);
	EXPECT_TRUE(plan_next_word(&line, ' ', &word));
	expect_span(word, "edu", 3);
	EXPECT_TRUE(!plan_next_word(&line, ' ', &word));
	EXPECT_EQ(word.len, 0);
	free(t.block);
}

TEST(words_of_a_list)
{
	struct text t = TEXT(",edu,,e1000! last,");
	struct span line = t.span, word;

	EXPECT_TRUE(plan_next_word(&line, ',', &word));
	expect_span(word, "edu", 3);
	EXPECT_TRUE(plan_next_word(&line, ',', &word));
	expect_span(word, "e1000!", 6);
	EXPECT_TRUE(plan_next_word(&line, ',', &word));
	expect_span(word, "last", 4);
	EXPECT_TRUE(!plan_next_word(&line, ',', &word));
	free(t.block);
}

TEST(nul_is_a_blank)
{
	struct text t = TEXT("a\0b\0\0");
	struct span line = t.span, word;

	EXPECT_TRUE(plan_next_word(&line, ' ', &word));
	expect_span(word, "a", 1);
	EXPECT_TRUE(plan_next_word(&line, ' ', &word));
	expect_span(word, "b", 1);
	EXPECT_TRUE(!plan_next_word(&line, ' ', &word));
	free(t.block);
}

TEST(same_text)
{
	struct text t = TEXT("edu"), none = TEXT("");

	EXPECT_TRUE(span_is(t.span, "edu"));
	EXPECT_TRUE(!span_is(t.span, "ed"));
	EXPECT_TRUE(!span_is(t.span, "edu2"));
	EXPECT_TRUE(!span_is(t.span, ""));
	EXPECT_TRUE(!span_is(t.span, "edU"));
	EXPECT_TRUE(span_is(none.span, ""));
	EXPECT_TRUE(!span_is(none.span, "e"));
	free(t.block);
	free(none.block);
}

/* A NUL in the text does not end the comparison. */
TEST(same_text_with_nul)
{
	struct text t = TEXT("edu\0x");

	EXPECT_TRUE(!span_is(t.span, "edu"));
	free(t.block);
}

TEST(copy_is_cut)
{
	struct text t = TEXT("e1000");

	for (size_t size = 1; size < 9; size++) {
		char *buf = unit_alloc(size);
		size_t n = size - 1 < 5 ? size - 1 : 5;

		CONTEXT("%zu bytes", size);
		span_copy(t.span, buf, size);
		EXPECT_EQ(strnlen(buf, size), n);
		EXPECT_EQ(memcmp(buf, "e1000", n), 0);
		free(buf);
	}
	free(t.block);
}

static const struct {
	const char *line, *key;
	const char *value; /* NULL: not there */
} values[] = {
	{ "gap=5", "gap", "5" },
	{ "a gap=5 b", "gap", "5" },
	{ "gaps=4 gap=5", "gap", "5" },	  /* a key that ours begins */
	{ "ga=4 gap=5", "gap", "5" },	  /* one that begins ours */
	{ "maxgap=4 gap=5", "gap", "5" }, /* one that ours ends */
	{ "gap=5 gap=6", "gap", "5" },
	{ "gap=", "gap", "" },
	{ "gap= 5", "gap", "" },
	{ "gap==5", "gap", "=5" },
	{ "gap=a=b", "gap", "a=b" },
	{ "gap=5\r", "gap", "5" },
	{ "gap", "gap", NULL },
	{ "gap 5", "gap", NULL },
	{ "gap =5", "gap", NULL },
	{ "GAP=5", "gap", NULL },
	{ "ga", "gap", NULL },
	{ "=5", "gap", NULL },
	{ "=", "gap", NULL },
	{ "", "gap", NULL },
	{ "x=gap=5", "gap", NULL },
};

TEST(value)
{
	for (size_t i = 0; i < COUNT(values); i++) {
		struct text t = text_of(values[i].line, strlen(values[i].line));
		struct span value = { NULL, 0 };

		CONTEXT("\"%s\"", values[i].line);
		EXPECT_EQ(plan_value(t.span, values[i].key, &value), values[i].value != NULL);
		if (values[i].value)
			expect_span(value, values[i].value, strlen(values[i].value));
		free(t.block);
	}
}

TEST(number)
{
	static const struct {
		const char *line;
		uint64_t value;
	} rows[] = {
		{ "n=0", 0 },
		{ "n=7", 7 },
		{ "n=007", 7 },
		{ "n=4294967296", 4294967296 },
		{ "n=999999999999999", 999999999999999 },
		{ "n=000000000000009", 9 },
		{ "n=9\r", 9 },
		{ "x=1 n=9 y=2", 9 },
		/* More than 15 digits are refused, long before 64 bits are full. */
		{ "n=1000000000000000", 77 },
		{ "n=0000000000000009", 77 },
		{ "n=18446744073709551615", 77 },
		{ "n=18446744073709551616", 77 },
		{ "n=99999999999999999999999999999999", 77 },
		{ "n=", 77 },
		{ "n= 5", 77 },
		{ "n", 77 },
		{ "", 77 },
		{ "n=-1", 77 },
		{ "n=+1", 77 },
		{ "n=1.5", 77 },
		{ "n=1,5", 77 },
		{ "n=0x10", 77 },
		{ "n=a", 77 },
		{ "n=1a", 77 },
		{ "n=a1", 77 },
		{ "n=1/", 77 }, /* the characters around the digits */
		{ "n=1:", 77 },
		{ "n=\xd9\xa1", 77 }, /* an Arabic one */
		{ "n=x n=5", 77 },    /* the first counts, good or not */
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct text t = text_of(rows[i].line, strlen(rows[i].line));

		CONTEXT("\"%s\"", rows[i].line);
		EXPECT_EQ(plan_number(t.span, "n", 77), rows[i].value);
		free(t.block);
	}
}

TEST(bdf_of_every_function)
{
	char name[16];

	for (unsigned int n = 0; n <= 0xffff; n++) {
		struct text t;
		uint16_t bdf = (uint16_t)~n;

		snprintf(name, sizeof(name), "%02x:%02x.%x", n >> 8, n >> 3 & 31, n & 7);
		t = text_of(name, 7);
		CONTEXT("%s", name);
		EXPECT_TRUE(plan_bdf(t.span, &bdf));
		EXPECT_EQ(bdf, n);
		free(t.block);
	}
}

TEST(bdf_malformed)
{
	static const char *const rows[] = {
		"",	    "0",
		"00:00.",   "0:00.0",
		"00:0.0",   "00:00.00",
		"00:00.0 ", " 00:00.0",
		"000:0.0",  "00:000.0",
		"00:20.0",  "00:ff.0",
		"00:1f.8",  "00:1f.9",
		"00:1f.a",  "0A:00.0",
		"00:1F.0",  "0g:00.0",
		"00:0g.0",  "00.00.0",
		"00:00:0",  "00-00.0",
		"+0:00.0",  "-1:00.0",
		"0x:00.0",  "0000:00:00.0",
		"00:00.-",  "00:00. ",
		":::::::",  ".......",
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct text t = text_of(rows[i], strlen(rows[i]));
		uint16_t bdf = 0x5a5a;

		CONTEXT("\"%s\"", rows[i]);
		EXPECT_TRUE(!plan_bdf(t.span, &bdf));
		EXPECT_EQ(bdf, 0x5a5a);
		free(t.block);
	}
}

/* Each of the seven places with each byte there is. */
TEST(bdf_with_one_byte_wrong)
{
	static const char good[] = "12:1e.3";

	for (size_t place = 0; place < 7; place++) {
		for (unsigned int byte = 0; byte < 256; byte++) {
			struct text t = text_of(good, 7);
			const char *allowed[] = { "0123456789abcdef",
						  "0123456789abcdef",
						  ":",
						  "01",
						  "0123456789abcdef",
						  ".",
						  "01234567" };
			uint16_t bdf;

			t.block[place] = (char)byte;
			CONTEXT("byte 0x%02x at %zu", byte, place);
			EXPECT_EQ(plan_bdf(t.span, &bdf),
				  byte && strchr(allowed[place], (int)byte) != NULL);
			free(t.block);
		}
	}
}

#define MB (1u << 20)

TEST(long_line)
{
	static char bytes[MB];
	struct text t;
	struct span rest, line, word;

	memset(bytes, 'x', sizeof(bytes));
	t = text_of(bytes, sizeof(bytes));
	rest = t.span;
	EXPECT_TRUE(plan_next_line(&rest, &line));
	EXPECT_EQ(line.len, MB);
	EXPECT_EQ(plan_number(line, "key", 7), 7);
	EXPECT_TRUE(plan_next_word(&line, ' ', &word));
	EXPECT_EQ(word.len, MB);
	EXPECT_TRUE(!plan_next_line(&rest, &line));
	free(t.block);
}

TEST(long_line_of_words)
{
	static char bytes[MB];
	struct text t;
	struct span rest, line, word;
	unsigned int n = 0;

	for (unsigned int i = 0; i < MB; i++)
		bytes[i] = i % 2 ? ' ' : 'x';
	memcpy(bytes + MB - 6, " key=5", 6);
	t = text_of(bytes, sizeof(bytes));
	rest = t.span;
	EXPECT_TRUE(plan_next_line(&rest, &line));
	EXPECT_EQ(plan_number(line, "key", 7), 5);
	while (plan_next_word(&line, ' ', &word))
		n++;
	EXPECT_EQ(n, MB / 2 - 2);
	free(t.block);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\0';
}

/* The words of a whole text, counted in another way. */
static unsigned int count_words(const char *s, size_t n)
{
	unsigned int words = 0;

	for (size_t i = 0; i < n; i++) {
		bool here = !is_blank(s[i]) && s[i] != '\n';

		words += here && (i == 0 || is_blank(s[i - 1]) || s[i - 1] == '\n');
	}
	return words;
}

static void read_hostile(const char *bytes, size_t n)
{
	struct text t = text_of(bytes, n);
	struct span rest = t.span, line, word, value;
	unsigned int words = 0;
	uint16_t bdf;

	while (plan_next_line(&rest, &line)) {
		EXPECT_TRUE(line.len && !memchr(line.s, '\n', line.len));
		EXPECT_TRUE(line.s >= t.span.s && line.s + line.len <= t.span.s + n);
		plan_number(line, "k", 0);
		plan_value(line, "", &value);
		plan_value(line, "key", &value);
		while (plan_next_word(&line, ' ', &word)) {
			words++;
			for (size_t i = 0; i < word.len; i++)
				EXPECT_TRUE(!is_blank(word.s[i]));
			plan_bdf(word, &bdf);
			span_is(word, "key=");
		}
		EXPECT_EQ(line.len, 0);
	}
	EXPECT_EQ(rest.len, 0);
	EXPECT_EQ(words, count_words(bytes, n));
	EXPECT_EQ(n ? memcmp(t.block, bytes, n) : 0, 0);
	free(t.block);
}

TEST(random)
{
	static const char alphabet[] = "\0\r\n\t  ==kkey:.019afAF[],!%\x7f\x80\xff";
	uint64_t state = 0x91a4;

	printf("# seed 0x%" PRIx64 "\n", state);
	for (unsigned int round = 0; round < 20000; round++) {
		char bytes[64];
		size_t n = unit_random(&state) % (sizeof(bytes) + 1);

		CONTEXT("round %u", round);
		for (size_t i = 0; i < n; i++)
			bytes[i] = unit_random(&state) % 4
					   ? alphabet[unit_random(&state) % (sizeof(alphabet) - 1)]
					   : (char)unit_random(&state);
		read_hostile(bytes, n);
	}
}
