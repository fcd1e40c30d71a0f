# SPDX-License-Identifier: GPL-2.0-only
"""What is told: from the bytes of a console to a verdict that people and CI can read."""
