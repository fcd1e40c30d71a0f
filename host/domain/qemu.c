// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest image in qemu-system-x86_64, as people run it: q35, KVM, vfio-pci. QEMU
 * is the domain's process. It cannot take an eventfd for a doorbell: a UART of the
 * guest is one (guest/bare/doorbell.h), and a second process carries between the
 * UART's socket and the eventfds.
 *
 * The guest's clock is KVM's own there, and not the host's.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/domain/domain.h"
#include "host/domain/image.h"

#define PROGRAM "qemu-system-x86_64" /* or $LIFELINE_QEMU */
#define MIB	64		     /* the firmware and its tables are in the last of it */
#define MAILBOX 0x700000
#define WORDS	"mailbox=0x700000 kick=4 uart=0x3f8 device=00:04.0 gsi=20"
#define ROOM	128

/* Kicks become bytes for the UART, bytes from it tell. Ends with either side. */
static _Noreturn void carry(const struct domain_ends *ends, int uart, pid_t parent)
{
	struct pollfd fds[2] = { { .fd = ends->kick, .events = POLLIN },
				 { .fd = uart, .events = POLLIN } };
	char bytes[64];
	eventfd_t kicks;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	close(ends->memory);
	while (poll(fds, 2, -1) >= 0 || errno == EINTR) {
		if (fds[0].revents & POLLIN && !eventfd_read(ends->kick, &kicks) &&
		    send(uart, "!", 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN)
			break;
		if (fds[1].revents && read(uart, bytes, sizeof(bytes)) <= 0)
			break;
		if (fds[1].revents)
			eventfd_write(ends->tell, 1);
	}
	_exit(0);
}

/* Return: QEMU's end of the UART's socket, or -1. */
static int open_uart(const struct domain_ends *ends)
{
	pid_t parent = getpid(), carrier;
	int uart[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, uart))
		return -1;
	carrier = fork();
	if (!carrier) {
		close(uart[1]);
		carry(ends, uart[0], parent);
	}
	close(uart[0]);
	return carrier < 0 ? -1 : uart[1];
}

/* Its files are told by number, and stay open over the exec. */
static int become_qemu(const struct domain_config *config, int memory, int uart)
{
	const char *program = getenv("LIFELINE_QEMU");
	char ram[ROOM], socket[ROOM], device[ROOM];

	snprintf(ram, sizeof(ram),
		 "memory-backend-file,id=ram,size=%dM,share=on,mem-path=/proc/self/fd/%d", MIB,
		 memory);
	snprintf(socket, sizeof(socket), "socket,id=uart,fd=%d", uart);
	snprintf(device, sizeof(device), "vfio-pci,host=%s,addr=4,rombar=0", config->bdf);
	if (!program || !*program)
		program = PROGRAM;
	execlp(program, program, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
	       "-accel", "kvm", "-cpu", "host", "-machine",
	       "q35,memory-backend=ram,hpet=off,smm=off,vmport=off,sata=off,smbus=off,i8042=off",
	       "-m", "64M", "-object", ram, "-kernel", domain_image(), "-append", WORDS, "-chardev",
	       socket, "-serial", "chardev:uart", "-chardev", "file,id=debug,path=/proc/self/fd/2",
	       "-device", "isa-debugcon,chardev=debug", "-device",
	       "isa-debug-exit,iobase=0x501,iosize=1", "-device", device, (char *)NULL);
	fprintf(stderr, "%s: %s; install qemu-system-x86, or name it by LIFELINE_QEMU", program,
		strerror(errno));
	return 1;
}

static int qemu_run(const struct domain_config *config, const struct domain_ends *ends)
{
	int uart = open_uart(ends);

	if (uart < 0 || fcntl(ends->memory, F_SETFD, 0)) {
		fprintf(stderr, "qemu: %s", strerror(errno));
		return 1;
	}
	return become_qemu(config, ends->memory, uart);
}

const struct domain_kind domain_qemu = {
	.name = "qemu",
	.memory = MIB * 1048576ul,
	.mailbox_at = MAILBOX,
	.run = qemu_run,
};
