/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The image on a bare machine, which a VMM of Linux makes: no hypercalls, the
 * interrupt controllers of a PC, a clock of KVM or of the TSC. It is a sibling
 * there, and the command line (guest/bare/words.h) says what it has.
 */
#ifndef LIFELINE_BARE_MACHINE_H
#define LIFELINE_BARE_MACHINE_H

/** bare_main() - life of a sibling, from the PVH entry on. @cmdline: of the start info */
_Noreturn void bare_main(const char *cmdline);

#endif
