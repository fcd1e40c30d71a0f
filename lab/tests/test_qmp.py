# SPDX-License-Identifier: GPL-2.0-only
"""The monitor's end of a QEMU that goes at the wrong moment."""

import socket

import pytest
from labgrid.util.qmp import QMPError

from lab.qmp import Monitor

GREETING = b'{"QMP": {"version": {}, "capabilities": []}}\n'


@pytest.mark.parametrize("said", [b"", GREETING, b"{]\n", GREETING + b'{"return"'],
                         ids=["nothing", "gone after its greeting", "no JSON", "half an answer"])
def test_a_qemu_that_goes_is_a_qmp_error(said: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours:
        theirs.sendall(said)
        theirs.close()
        with pytest.raises(QMPError):
            Monitor(ours)
