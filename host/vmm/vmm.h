/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small VMM: boots the guest image on KVM as a machine with one vCPU and one
 * device by VFIO, and ends with it. One thread: interrupts, kicks and what the
 * guest tells go through KVM by eventfds.
 */
#ifndef LIFELINE_VMM_VMM_H
#define LIFELINE_VMM_VMM_H

/**
 * vmm_main() - the program
 *
 * Arguments are words, in any order; files are inherited:
 *   image=PATH  the guest image
 *   ram=FD      its RAM: VMM_RAM_SIZE bytes of zeros but for the mailbox, shared with the controller
 *   kick=FD     eventfd: the controller kicks
 *   tell=FD     eventfd: the guest tells
 *   device=BDF  function bound to vfio-pci; without it the machine has none
 *
 * What goes wrong, and the guest's last words, are lines on standard error.
 *
 * Return: 0 after SIGTERM; 1 if something went wrong, the guest ended itself among that;
 * 2 for wrong arguments.
 */
int vmm_main(int argc, char **argv);

#endif
