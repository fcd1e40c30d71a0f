# SPDX-License-Identifier: GPL-2.0-only
"""report.html: a run as one page that needs nothing else, neither a network nor a server."""

from reports.html.page import Extras, KillMatrix, page

__all__ = ["Extras", "KillMatrix", "page"]
