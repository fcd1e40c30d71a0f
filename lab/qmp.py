# SPDX-License-Identifier: GPL-2.0-only
"""labgrid's QMP monitor with arguments, a time limit, and events that are kept."""

import json
import socket
from collections import deque
from typing import Any

from labgrid.util.qmp import QMPError, QMPMonitor

TIMEOUT_S = 5.0
MAX_EVENTS = 64


class Monitor(QMPMonitor):
    """QMPError for whatever goes wrong, a monitor that hangs or is gone included."""

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(TIMEOUT_S)
        self.events: deque[dict[str, Any]] = deque(maxlen=MAX_EVENTS)
        try:
            super().__init__(sock.makefile("rb"), sock.makefile("wb"))
        except OSError as error:  # it greeted and was gone before our answer
            raise QMPError(f"QEMU's monitor is gone: {error}") from error

    def execute(self, command: str, **arguments: Any) -> Any:
        request = {"execute": command, "arguments": arguments}
        try:
            self.monitor_in.write(json.dumps(request).encode() + b"\n")
            self.monitor_in.flush()
        except (OSError, ValueError) as error:
            raise QMPError(f"{command}: QEMU's monitor is gone: {error}") from error
        while "event" in (answer := self._read_parse_json()):
            self.events.append(answer)
        if "error" in answer:
            raise QMPError(f"{command}: {answer['error'].get('desc', answer['error'])}")
        return answer["return"]

    def shutdown_reason(self) -> str:
        """Why QEMU says it ended, e.g. guest-reset; "" if it did not say. For an ended QEMU only."""
        try:
            while True:
                self.events.append(self._read_parse_json())
        except QMPError:
            pass
        reasons = [event.get("data", {}).get("reason", "") for event in self.events
                   if event.get("event") == "SHUTDOWN"]
        return reasons[-1] if reasons else ""

    def close(self) -> None:
        for stream in (self.monitor_in, self.monitor_out):
            try:
                stream.close()
            except OSError:
                pass  # what was not flushed has no reader any more

    def _read_parse_json(self) -> dict[str, Any]:
        try:
            return super()._read_parse_json()
        except (OSError, ValueError) as error:
            raise QMPError(f"no answer of QEMU's monitor: {error or type(error).__name__}") from error
