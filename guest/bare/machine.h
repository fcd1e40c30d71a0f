/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The image on a bare machine, which a VMM of Linux makes: no hypercalls, the
 * interrupt controllers of a PC, a clock of KVM or of the TSC. It is a sibling
 * there, and the command line (guest/bare/words.h) says what it has.
 */
#ifndef LIFELINE_BARE_MACHINE_H
#define LIFELINE_BARE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

/** bare_main() - life of a sibling, from the PVH entry on. @cmdline: of the start info */
_Noreturn void bare_main(const char *cmdline);

/*
 * Of its struct platform, what knows of nothing but guest/bare/interrupt.h, and so serves an HVM
 * domain of Xen too. @ctx is not looked at.
 */

/** bare_pending() - its @pending */
bool bare_pending(void *ctx);

/** bare_take() - its @take */
void bare_take(void *ctx);

/** bare_wait() - its @wait */
bool bare_wait(void *ctx, uint64_t deadline);

/** bare_end() - its @end */
void bare_end(void *ctx);

/** bare_kicked() - its @kicked */
bool bare_kicked(void *ctx);

/** bare_wait_or_kick() - its @wait_or_kick */
bool bare_wait_or_kick(void *ctx, uint64_t deadline);

#endif
