// SPDX-License-Identifier: GPL-2.0-only
#include "host/vmm/run.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "host/vmm/layout.h"

#define SAY_SIZE (RUN_LINE + 16)

__attribute__((format(printf, 2, 3))) static int ended(struct run *r, const char *fmt, ...)
{
	struct kvm_regs regs = { 0 };
	int n;
	va_list ap;

	va_start(ap, fmt);
	n = vsnprintf(r->machine->error, r->machine->room, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < r->machine->room && !ioctl(r->machine->vcpu, KVM_GET_REGS, &regs))
		snprintf(r->machine->error + n, r->machine->room - (size_t)n, " at rip 0x%llx",
			 regs.rip);
	return -EIO;
}

static void say(struct run *r)
{
	char text[SAY_SIZE];
	int n = snprintf(text, sizeof(text), "guest: %.*s\n", (int)r->length, r->line);

	/* Nobody can be told if standard error is gone. */
	if (write(STDERR_FILENO, text, (size_t)n) != n)
		r->length = 0;
	r->length = 0;
}

/* Bytes that end no line and are no text do not reach a terminal. */
static void debug(struct run *r, char c)
{
	bool text = c >= 0x20 && c < 0x7f;

	if (c != '\n' && !text)
		c = '?';
	if (c != '\n')
		r->line[r->length++] = c;
	if (c == '\n' || r->length == RUN_LINE)
		say(r);
}

static int port_write(struct run *r, uint16_t port, uint8_t width, uint32_t value)
{
	if (pci_is_config(port))
		pci_port_write(&r->bus, port, width, value);
	else if (port == VMM_DEBUG_PORT)
		debug(r, (char)value);
	else if (port == VMM_EXIT_PORT)
		return ended(r, "the guest has ended itself");
	else if (!r->device || !device_access(r->device, true, port, width, true, &value))
		return ended(r, "the guest writes 0x%x to port 0x%x, where nothing is", value,
			     port);
	return 0;
}

static int port_read(struct run *r, uint16_t port, uint8_t width, uint32_t *value)
{
	if (pci_is_config(port))
		*value = pci_port_read(&r->bus, port, width);
	else if (!r->device || !device_access(r->device, true, port, width, false, value))
		return ended(r, "the guest reads port 0x%x, where nothing is", port);
	return 0;
}

static int port(struct run *r)
{
	struct kvm_run *k = r->machine->run;
	uint8_t *at = (uint8_t *)k + k->io.data_offset;
	int rc = 0;

	for (uint32_t i = 0; i < k->io.count && !rc; i++, at += k->io.size) {
		uint32_t value = 0;

		memcpy(&value, at, k->io.size);
		if (k->io.direction == KVM_EXIT_IO_OUT) {
			rc = port_write(r, k->io.port, k->io.size, value);
		} else {
			rc = port_read(r, k->io.port, k->io.size, &value);
			memcpy(at, &value, k->io.size);
		}
	}
	return rc;
}

static int memory(struct run *r)
{
	struct kvm_run *k = r->machine->run;
	uint8_t width = (uint8_t)k->mmio.len;
	uint32_t value = 0;

	if (width > sizeof(value))
		return ended(r, "the guest makes an access of %u bytes to 0x%llx", width,
			     k->mmio.phys_addr);
	memcpy(&value, k->mmio.data, width);
	if (!r->device ||
	    !device_access(r->device, false, k->mmio.phys_addr, width, k->mmio.is_write, &value))
		return ended(r, "the guest %s address 0x%llx, where nothing is",
			     k->mmio.is_write ? "writes to" : "reads", k->mmio.phys_addr);
	if (!k->mmio.is_write)
		memcpy(k->mmio.data, &value, width);
	return 0;
}

static int handle_exit(struct run *r)
{
	struct kvm_run *k = r->machine->run;

	switch (k->exit_reason) {
	case KVM_EXIT_IO:
		return port(r);
	case KVM_EXIT_MMIO:
		return memory(r);
	case KVM_EXIT_SHUTDOWN:
		return ended(r, "triple fault");
	case KVM_EXIT_FAIL_ENTRY:
		return ended(r, "KVM could not enter the guest, hardware reason 0x%llx",
			     k->fail_entry.hardware_entry_failure_reason);
	case KVM_EXIT_INTERNAL_ERROR:
		return ended(r,
			     "KVM internal error, suberror %u (api.rst, KVM_EXIT_INTERNAL_ERROR)",
			     k->internal.suberror);
	default:
		return ended(r, "KVM exit reason %u, which nobody expects", k->exit_reason);
	}
}

int run(struct run *r)
{
	int rc = 0;

	while (!rc) {
		if (!ioctl(r->machine->vcpu, KVM_RUN, 0))
			rc = handle_exit(r);
		else if (errno != EINTR && errno != EAGAIN)
			rc = machine_fail(r->machine, "KVM_RUN");
		else if (r->machine->run->immediate_exit)
			return 0;
		if (!rc && r->device)
			rc = r->device->rc;
	}
	return rc;
}
