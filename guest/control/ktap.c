// SPDX-License-Identifier: GPL-2.0-only
#include "guest/control/ktap.h"

#include "guest/lib/fmt.h"
#include "guest/xen/hypercall.h"

void ktap_line(const char *fmt, ...)
{
	char line[KTAP_LINE + 1];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = ll_vsnprintf(line, KTAP_LINE, fmt, ap);
	va_end(ap);
	if (len > KTAP_LINE - 1)
		len = KTAP_LINE - 1;
	line[len] = '\n';
	xen_console_io(CONSOLEIO_write, (unsigned int)len + 1, line);
}

int ktap_read_byte(void)
{
	char c = 0;

	return xen_console_io(CONSOLEIO_read, 1, &c) == 1 ? (unsigned char)c : -1;
}
