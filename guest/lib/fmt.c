// SPDX-License-Identifier: GPL-2.0-only
#include "guest/lib/fmt.h"

#include <stdbool.h>

struct out {
	char *buf;
	size_t size;
	size_t len;
};

static void put(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void put_number(struct out *o, unsigned long long v, unsigned int base, bool negative,
		       unsigned int width, char pad)
{
	char digits[20];
	unsigned int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	/* The sign counts; zeros stand behind it, blanks before it. */
	if (negative && pad == '0')
		put(o, '-');
	for (; width > n + negative; width--)
		put(o, pad);
	if (negative && pad != '0')
		put(o, '-');
	while (n)
		put(o, digits[--n]);
}

static unsigned long long arg_unsigned(va_list *ap, unsigned int longs)
{
	if (longs == 0)
		return va_arg(*ap, unsigned int);
	if (longs == 1)
		return va_arg(*ap, unsigned long);
	return va_arg(*ap, unsigned long long);
}

static long long arg_signed(va_list *ap, unsigned int longs)
{
	if (longs == 0)
		return va_arg(*ap, int);
	if (longs == 1)
		return va_arg(*ap, long);
	return va_arg(*ap, long long);
}

static void put_string(struct out *o, const char *s, unsigned int width)
{
	unsigned int n = 0;

	for (; *s; s++, n++)
		put(o, *s);
	for (; n < width; n++)
		put(o, ' ');
}

/* One conversion; @spec points behind the '%'. Returns the character after it. */
static const char *convert(struct out *o, const char *spec, va_list *ap)
{
	const char *s = spec;
	unsigned int width = 0, longs = 0;
	char pad = ' ';
	long long d;

	if (*s == '0')
		pad = *s++;
	while (*s >= '0' && *s <= '9')
		width = width * 10 + (unsigned int)(*s++ - '0');
	for (; *s == 'l' && longs < 2; s++)
		longs++;

	switch (*s) {
	case 's':
		put_string(o, va_arg(*ap, const char *), width);
		return s + 1;
	case 'c':
		put(o, (char)va_arg(*ap, int));
		for (; width > 1; width--)
			put(o, ' ');
		return s + 1;
	case 'u':
	case 'x':
		put_number(o, arg_unsigned(ap, longs), *s == 'u' ? 10 : 16, false, width, pad);
		return s + 1;
	case 'd':
		d = arg_signed(ap, longs);
		put_number(o, d < 0 ? -(unsigned long long)d : (unsigned long long)d, 10, d < 0,
			   width, pad);
		return s + 1;
	case '%':
		put(o, '%');
		return s + 1;
	default:
		put(o, '%');
		return spec;
	}
}

int ll_vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct out o = { buf, size, 0 };
	va_list args;

	va_copy(args, ap);
	while (*fmt) {
		if (*fmt == '%')
			fmt = convert(&o, fmt + 1, &args);
		else
			put(&o, *fmt++);
	}
	va_end(args);
	if (size)
		buf[o.len < size ? o.len : size - 1] = '\0';
	return (int)o.len;
}

int ll_snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = ll_vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return len;
}
