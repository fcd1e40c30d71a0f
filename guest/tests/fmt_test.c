// SPDX-License-Identifier: GPL-2.0-only
/*
 * The formatter against libc's: what both know must come out the same, in a
 * buffer of every size, and where the header promises less, as it promises.
 */
#include "guest/lib/fmt.h"

#include <limits.h>
#include <string.h>

#include "guest/tests/unit.h"

/* One size of buffer: text, terminator, length, and not a byte behind it. */
static void compare_at(size_t size, const char *whole, int whole_len, const char *fmt, va_list ap)
{
	/* A block of no bytes cannot be had; size 0 gets one that must stay as it is. */
	char *buf = unit_alloc(size ? size : 1);
	char *expected = unit_alloc(size ? size : 1);
	va_list args;

	CONTEXT("\"%s\" into %zu bytes", fmt, size);
	memset(buf, 0x5a, size ? size : 1);
	va_copy(args, ap);
	EXPECT_EQ(ll_vsnprintf(buf, size, fmt, args), whole_len);
	va_end(args);
	if (size) {
		size_t n = (size_t)whole_len < size ? (size_t)whole_len : size - 1;

		memcpy(expected, whole, n);
		expected[n] = '\0';
		EXPECT_EQ(strnlen(buf, size), strnlen(expected, size));
		EXPECT_EQ(memcmp(buf, expected, n + 1), 0);
		if (strnlen(buf, size) < size)
			EXPECT_STR(buf, expected);
	} else {
		EXPECT_EQ(buf[0], 0x5a);
	}
	free(buf);
	free(expected);
}

static void compare_all(const char *whole, int whole_len, const char *fmt, va_list ap)
{
	for (size_t size = 0; size <= (size_t)whole_len + 2; size++)
		compare_at(size, whole, whole_len, fmt, ap);
}

/* @fmt gives what libc makes of @libc_fmt with the same arguments. */
static void same_as(const char *libc_fmt, const char *fmt, ...)
{
	char whole[512];
	va_list ap, args;
	int len;

	va_start(ap, fmt);
	va_copy(args, ap);
	len = vsnprintf(whole, sizeof(whole), libc_fmt, args);
	va_end(args);
	if (len >= 0 && (size_t)len < sizeof(whole))
		compare_all(whole, len, fmt, ap);
	else
		abort();
	va_end(ap);
}

#define SAME(fmt, ...) same_as(fmt, fmt, __VA_ARGS__)

/* For what libc understands otherwise, or not at all. */
static void gives(const char *whole, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	compare_all(whole, (int)strlen(whole), fmt, ap);
	va_end(ap);
}

TEST(plain_text)
{
	SAME("", 0);
	SAME("x", 0);
	SAME("no conversion at all", 0);
	SAME("tab\tline\n\x80\xff", 0);
}

TEST(percent)
{
	SAME("%%", 0);
	SAME("100 %%, 200 %%%%", 0);
	SAME("%d%%", 7);
}

TEST(string)
{
	SAME("%s", "");
	SAME("%s", "text");
	SAME("<%s|%s>", "a", "bc");
	SAME("%s", "%d %s %n"); /* an argument is never a format */
}

/* Our %s pads on the right, for tables; libc's %-10s. */
TEST(string_width)
{
	same_as("%-10s|", "%10s|", "abc");
	same_as("%-3s|", "%3s|", "abc");
	same_as("%-2s|", "%2s|", "abc");
	same_as("%-5s|", "%5s|", "");
}

TEST(character)
{
	SAME("%c", 'x');
	SAME("%c%c", 'x', 0xff);
	SAME("a%cb", 0); /* a NUL is a character like others */
}

TEST(decimal)
{
	SAME("%d", 0);
	SAME("%d %d", 1, -1);
	SAME("%d", INT_MAX);
	SAME("%d", INT_MIN);
	SAME("%ld", LONG_MIN);
	SAME("%ld", LONG_MAX);
	SAME("%lld", LLONG_MIN);
	SAME("%lld", LLONG_MAX);
}

TEST(unsigned_decimal)
{
	SAME("%u", 0u);
	SAME("%u", UINT_MAX);
	SAME("%lu", ULONG_MAX);
	SAME("%llu", ULLONG_MAX);
	SAME("%llu", 10000000000000000000ull); /* the 20 digits that there can be */
}

TEST(hexadecimal)
{
	SAME("%x", 0u);
	SAME("%x", 0xdeadbeefu);
	SAME("%x", UINT_MAX);
	SAME("%lx", ULONG_MAX);
	SAME("%llx", 0x123456789abcdefull);
}

/* An argument that is longer than its conversion says must not leak its upper half. */
TEST(length_cuts)
{
	SAME("%u", 0x100000001ull);
	SAME("%x", 0xffffffff00000002ull);
	SAME("%d", 0xfffffffeull);
}

TEST(number_width)
{
	SAME("%5u|", 42u);
	SAME("%2u|", 42u);
	SAME("%1u|", 42u);
	SAME("%5d|", 42);
	SAME("%8x|", 0xbeefu);
	SAME("%12llx|", 0xbeefull);
	SAME("%40u|", 7u);
}

TEST(zero_padding)
{
	SAME("%05u|", 42u);
	SAME("%05d|", 42);
	SAME("%02x:%02x.%x", 0u, 0x1fu, 7u);
	SAME("%016llx", 0x1000ull);
	SAME("%016llx", ULLONG_MAX);
	SAME("%030u", 1u); /* more than there are digits */
	SAME("%00005u", 42u);
	SAME("%0u", 42u);
}

TEST(negative_width)
{
	SAME("%5d|", -42);
	SAME("%3d|", -42);
	SAME("%05d|", -42);
	SAME("%24lld|", LLONG_MIN);
	SAME("%024lld|", LLONG_MIN);
}

TEST(character_width)
{
	same_as("%-3c|", "%3c|", 'x');
}

TEST(many_arguments)
{
	SAME("%s %d %u %x %c %llu %lx %s %ld %%", "a", -1, 2u, 0xffu, 'z', ULLONG_MAX, 17ul, "end",
	     -5l);
}

/* A mistake is seen in the output: it is copied as it stands. */
TEST(unknown_conversion)
{
	gives("%p", "%p", 0);
	gives("a %q b", "a %q b", 0);
	gives("%-5d", "%-5d", 0);
	gives("%.3s", "%.3s", 0);
	gives("%5i|", "%5i|", 0);
	gives("%llld", "%llld", 0);
	gives("%X", "%X", 0);
}

TEST(unknown_conversion_takes_no_argument)
{
	gives("%q 7", "%q %d", 7);
}

TEST(format_ends_early)
{
	gives("%", "%", 0);
	gives("x%", "x%", 0);
	gives("%0", "%0", 0);
	gives("%08", "%08", 0);
	gives("%l", "%l", 0);
	gives("%5ll", "%5ll", 0);
}

/* The format itself is read up to its NUL and no further. */
TEST(format_of_exact_size)
{
	static const char *const formats[] = { "%", "%0", "%12", "%l", "%ll", "%lll", "", "a%%" };

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		size_t size = strlen(formats[i]) + 1;
		char *fmt = unit_alloc(size);

		memcpy(fmt, formats[i], size);
		gives(strcmp(fmt, "a%%") ? formats[i] : "a%", fmt, 0);
		free(fmt);
	}
}

TEST(no_buffer)
{
	EXPECT_EQ(ll_snprintf(NULL, 0, "%s=%d", "key", 12345), 9);
}

TEST(snprintf_is_vsnprintf)
{
	char buf[8];

	EXPECT_EQ(ll_snprintf(buf, sizeof(buf), "%s", "0123456789"), 10);
	EXPECT_STR(buf, "0123456");
}

/* Formats built at random of what both understand alike. */
TEST(random)
{
	static const char *const pieces[] = { "%llu",	"%llx", "%lld",	   "%3llu",  "%017llx",
					      "%20llx", "%lu",	"%012llu", "%llu%%", "- " };
	uint64_t state = 0x11fe11e;

	printf("# seed 0x%" PRIx64 "\n", state);
	for (unsigned int round = 0; round < 500; round++) {
		char fmt[64] = "";
		unsigned long long v[4];

		for (unsigned int i = 0; i < 4; i++) {
			/* Shifted, so that short numbers come as often as long ones. */
			v[i] = unit_random(&state) >> (unit_random(&state) % 64);
			strcat(fmt,
			       pieces[unit_random(&state) % (sizeof(pieces) / sizeof(pieces[0]))]);
		}
		SAME(fmt, v[0], v[1], v[2], v[3]);
	}
}
