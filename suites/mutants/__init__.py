# SPDX-License-Identifier: GPL-2.0-only
"""Mutants of hypervisors: data in YAML, applied to a copy of the image; `python3 -m suites.mutants` is the tool."""
