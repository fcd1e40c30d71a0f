# SPDX-License-Identifier: GPL-2.0-only
"""report.html: a run, or several, as one page that needs nothing else, neither a network nor a server."""

from reports.html.page import page, pages
from reports.html.run import Extras, KillMatrix, Run

__all__ = ["Extras", "KillMatrix", "Run", "page", "pages"]
