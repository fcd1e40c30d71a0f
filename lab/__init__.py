# SPDX-License-Identifier: GPL-2.0-only
"""Where cases run: boards, the hypervisor image, the witness, the watchdog and the engine."""
