/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A virtual machine of KVM: RAM, one vCPU, the in-kernel interrupt controllers
 * (Documentation/virt/kvm/api.rst). What KVM is asked for, and nothing of what
 * the machine is made of.
 */
#ifndef LIFELINE_VMM_MACHINE_H
#define LIFELINE_VMM_MACHINE_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>

#include "host/vmm/image.h"

/* MSI routes: as many messages as one function may use. */
#define MACHINE_MESSAGES 8u
#define MACHINE_PINS	 24u /* of the IO-APIC: GSI 0 to 23 */

/**
 * struct machine - one virtual machine
 * @vm: its file descriptor, for KVM_CREATE_DEVICE
 * @run: what the vCPU shares with us
 */
struct machine {
	int kvm, vm, vcpu;
	struct kvm_run *run;
	size_t run_size;
	uint32_t slots;
	struct kvm_irq_routing *routing;
	char *error;
	size_t room;
};

/**
 * machine_open() - create the machine with @ram and its interrupt controllers
 * @error: one line of @room bytes is written here by each function that fails
 *
 * Return: 0 or -errno.
 */
int machine_open(struct machine *m, const struct ram *ram, char *error, size_t room);

/** machine_close() - end it; also after machine_open() has failed */
void machine_close(struct machine *m);

/** machine_fail() - note "what: text of errno" as the error. Return: -errno */
int machine_fail(struct machine *m, const char *what);

/** machine_add_memory() - let the guest see @size bytes at @base as its address @gpa. Return: 0 or -errno */
int machine_add_memory(struct machine *m, uint64_t gpa, void *base, uint64_t size);

/**
 * machine_start_at() - the vCPU begins in flat 32-bit protected mode, as the PVH ABI has it
 * @entry: first instruction
 * @start_info: goes into ebx
 *
 * The guest's clock (KVM's) is set to CLOCK_MONOTONIC: domains of a case compare times.
 *
 * Return: 0 or -errno.
 */
int machine_start_at(struct machine *m, uint32_t entry, uint32_t start_info);

/**
 * machine_irqfd() - let @fd raise @gsi
 * @resample: for a level: this is signalled at the guest's EOI; -1: an edge
 * @on: attach or detach
 *
 * Return: 0 or -errno.
 */
int machine_irqfd(struct machine *m, uint32_t gsi, int fd, int resample, bool on);

/** machine_ioeventfd() - a byte written to @port signals @fd, and the vCPU goes on. Return: 0 or -errno */
int machine_ioeventfd(struct machine *m, uint16_t port, int fd);

/**
 * machine_route() - GSI MACHINE_PINS + @message delivers the MSI with @address and @data
 * @message: below MACHINE_MESSAGES
 *
 * Return: 0 or -errno.
 */
int machine_route(struct machine *m, uint32_t message, uint64_t address, uint32_t data);

#endif
