// SPDX-License-Identifier: GPL-2.0-only
#include "host/vmm/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/probe/clock.h"

/* Intel's VMX wants some pages that no guest uses (KVM_SET_TSS_ADDR): below the BIOS. */
#define IDENTITY_MAP 0xfffbc000ull
#define TSS	     0xfffbd000ul

#define CPUID_ENTRIES 256
#define CR0_PE_ET     0x11u

int machine_fail(struct machine *m, const char *what)
{
	int rc = -errno;

	snprintf(m->error, m->room, "%s: %s", what, strerror(-rc));
	return rc;
}

static int open_kvm(struct machine *m)
{
	int version;

	m->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (m->kvm < 0)
		return machine_fail(m, "/dev/kvm (is kvm-amd or kvm-intel loaded?)");
	version = ioctl(m->kvm, KVM_GET_API_VERSION, 0);
	if (version != KVM_API_VERSION) {
		snprintf(m->error, m->room, "/dev/kvm: API version %d, expected %d", version,
			 KVM_API_VERSION);
		return -EPROTO;
	}
	return 0;
}

static int create_vm(struct machine *m)
{
	uint64_t identity_map = IDENTITY_MAP;

	m->vm = ioctl(m->kvm, KVM_CREATE_VM, 0);
	if (m->vm < 0)
		return machine_fail(m, "KVM_CREATE_VM");
	if (ioctl(m->vm, KVM_SET_IDENTITY_MAP_ADDR, &identity_map) ||
	    ioctl(m->vm, KVM_SET_TSS_ADDR, TSS))
		return machine_fail(m, "KVM_SET_TSS_ADDR");
	if (ioctl(m->vm, KVM_CREATE_IRQCHIP, 0))
		return machine_fail(m, "KVM_CREATE_IRQCHIP");
	return 0;
}

static int create_vcpu(struct machine *m)
{
	int size = ioctl(m->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);

	m->vcpu = ioctl(m->vm, KVM_CREATE_VCPU, 0);
	if (m->vcpu < 0 || size < 0)
		return machine_fail(m, "KVM_CREATE_VCPU");
	m->run_size = (size_t)size;
	m->run = mmap(NULL, m->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, m->vcpu, 0);
	if (m->run == MAP_FAILED) {
		m->run = NULL;
		return machine_fail(m, "struct kvm_run");
	}
	return 0;
}

/* All that KVM can do, the CPU has: its own leaves (the clock) are among them. */
static int set_cpuid(struct machine *m)
{
	struct kvm_cpuid2 *cpuid;
	int rc = 0;

	cpuid = calloc(1, sizeof(*cpuid) + CPUID_ENTRIES * sizeof(cpuid->entries[0]));
	if (!cpuid)
		return machine_fail(m, "CPUID table");
	cpuid->nent = CPUID_ENTRIES;
	if (ioctl(m->kvm, KVM_GET_SUPPORTED_CPUID, cpuid) || ioctl(m->vcpu, KVM_SET_CPUID2, cpuid))
		rc = machine_fail(m, "KVM_SET_CPUID2");
	free(cpuid);
	return rc;
}

static int set_routing(struct machine *m)
{
	if (ioctl(m->vm, KVM_SET_GSI_ROUTING, m->routing))
		return machine_fail(m, "KVM_SET_GSI_ROUTING");
	return 0;
}

/*
 * KVM_SET_GSI_ROUTING replaces the whole table: pins, and behind them messages,
 * which go nowhere yet.
 */
static int route_all(struct machine *m)
{
	struct kvm_irq_routing *r;

	r = calloc(1, sizeof(*r) + (MACHINE_PINS + MACHINE_MESSAGES) * sizeof(r->entries[0]));
	if (!r)
		return machine_fail(m, "GSI routing table");
	m->routing = r;
	r->nr = MACHINE_PINS + MACHINE_MESSAGES;
	for (uint32_t pin = 0; pin < MACHINE_PINS; pin++) {
		r->entries[pin].gsi = pin;
		r->entries[pin].type = KVM_IRQ_ROUTING_IRQCHIP;
		r->entries[pin].u.irqchip.irqchip = KVM_IRQCHIP_IOAPIC;
		r->entries[pin].u.irqchip.pin = pin;
	}
	for (uint32_t i = MACHINE_PINS; i < r->nr; i++) {
		r->entries[i].gsi = i;
		r->entries[i].type = KVM_IRQ_ROUTING_MSI;
	}
	return set_routing(m);
}

int machine_open(struct machine *m, const struct ram *ram, char *error, size_t room)
{
	int rc;

	*m = (struct machine){ .kvm = -1, .vm = -1, .vcpu = -1, .error = error, .room = room };
	rc = open_kvm(m);
	if (!rc)
		rc = create_vm(m);
	if (!rc)
		rc = route_all(m);
	if (!rc)
		rc = create_vcpu(m);
	if (!rc)
		rc = set_cpuid(m);
	if (!rc)
		rc = machine_add_memory(m, 0, ram->base, ram->size);
	return rc;
}

void machine_close(struct machine *m)
{
	if (m->run)
		munmap(m->run, m->run_size);
	free(m->routing);
	if (m->vcpu >= 0)
		close(m->vcpu);
	if (m->vm >= 0)
		close(m->vm);
	if (m->kvm >= 0)
		close(m->kvm);
	*m = (struct machine){ .kvm = -1, .vm = -1, .vcpu = -1 };
}

int machine_add_memory(struct machine *m, uint64_t gpa, void *base, uint64_t size)
{
	struct kvm_userspace_memory_region region = {
		.slot = m->slots,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)base,
	};

	if (ioctl(m->vm, KVM_SET_USER_MEMORY_REGION, &region))
		return machine_fail(m, "KVM_SET_USER_MEMORY_REGION");
	m->slots++;
	return 0;
}

static struct kvm_segment flat(uint8_t type, uint16_t selector)
{
	return (struct kvm_segment){ .limit = ~0u,
				     .selector = selector,
				     .type = type,
				     .present = 1,
				     .db = 1,
				     .s = 1,
				     .g = 1 };
}

static int set_clock(struct machine *m)
{
	struct kvm_clock_data clock = { .clock = clock_ns() };

	if (ioctl(m->vm, KVM_SET_CLOCK, &clock))
		return machine_fail(m, "KVM_SET_CLOCK");
	return 0;
}

/* docs/misc/pvh.pandoc of Xen: cs, ds, es, ss flat; cr0.PE; ebx; the rest is the vCPU's reset state. */
int machine_start_at(struct machine *m, uint32_t entry, uint32_t start_info)
{
	struct kvm_regs regs = { .rip = entry, .rbx = start_info, .rflags = 2 };
	struct kvm_sregs sregs;

	if (ioctl(m->vcpu, KVM_GET_SREGS, &sregs))
		return machine_fail(m, "KVM_GET_SREGS");
	sregs.cs = flat(0xb, 0x08);
	sregs.ds = sregs.es = sregs.ss = sregs.fs = sregs.gs = flat(0x3, 0x10);
	sregs.cr0 = CR0_PE_ET;
	if (ioctl(m->vcpu, KVM_SET_SREGS, &sregs) || ioctl(m->vcpu, KVM_SET_REGS, &regs))
		return machine_fail(m, "KVM_SET_SREGS");
	return set_clock(m);
}

int machine_irqfd(struct machine *m, uint32_t gsi, int fd, int resample, bool on)
{
	struct kvm_irqfd irqfd = { .fd = (uint32_t)fd, .gsi = gsi };

	if (!on) {
		irqfd.flags = KVM_IRQFD_FLAG_DEASSIGN;
	} else if (resample >= 0) {
		irqfd.flags = KVM_IRQFD_FLAG_RESAMPLE;
		irqfd.resamplefd = (uint32_t)resample;
	}
	if (ioctl(m->vm, KVM_IRQFD, &irqfd))
		return machine_fail(m, "KVM_IRQFD");
	return 0;
}

int machine_ioeventfd(struct machine *m, uint16_t port, int fd)
{
	struct kvm_ioeventfd tell = {
		.addr = port,
		.len = 1,
		.fd = fd,
		.flags = KVM_IOEVENTFD_FLAG_PIO,
	};

	if (ioctl(m->vm, KVM_IOEVENTFD, &tell))
		return machine_fail(m, "KVM_IOEVENTFD");
	return 0;
}

int machine_route(struct machine *m, uint32_t message, uint64_t address, uint32_t data)
{
	struct kvm_irq_routing_entry *e = &m->routing->entries[MACHINE_PINS + message];

	e->u.msi.address_lo = (uint32_t)address;
	e->u.msi.address_hi = (uint32_t)(address >> 32);
	e->u.msi.data = data;
	return set_routing(m);
}
