"""Brings the files of each day to the portal's inbox, and its money to the bank, as providers do on the day after."""

import logging
import threading
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from payments.gateways.base import LineKind, SettledLine
from payments.gateways.sandbox.server import Sandbox
from payments.gateways.sandbox.settlement import with_discrepancies
from voltgo.core import clock
from voltgo.core.clock import LOCAL_ZONE

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 20.0
# A demo begins with a past, and a machine may have been switched off for some days.
DAYS = 7
# The local payOS keeps the account to which everybody transfers.
BANK = "payos"


class Courier:
    """A thread that writes `<inbox>/<source>/<source>-<day>.csv` for the last days once, and pays out what they say."""

    def __init__(self, inbox: Path, sandboxes: Sequence[Sandbox]) -> None:
        self.inbox = inbox
        self.sandboxes = {sandbox.name: sandbox for sandbox in sandboxes}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="courier", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _loop(self) -> None:
        while not self._over.is_set():
            try:
                self.deliver_last_days()
            except Exception:
                # A demo without files is still a demo; the next round tries again.
                logger.exception("the files of the last days could not be written")
            self._over.wait(PAUSE_SECONDS)

    def deliver_last_days(self) -> list[Path]:
        """Write what is not there yet of the days that are still compared, oldest first."""
        today = clock.today()
        return [path for age in range(DAYS, 0, -1) for path in self.deliver(today - timedelta(days=age))]

    def deliver(self, day: date) -> list[Path]:
        """Write the files of a day that are not there yet; return them. A day on which nothing moved has one too."""
        written = []
        for name, sandbox in self.sandboxes.items():
            source = "bank" if name == BANK else name
            path = self.inbox / source / f"{source}-{day.isoformat()}.csv"
            if path.exists():
                continue
            if name == BANK:
                bank: Any = sandbox
                _write(path, bank.statement(day))
            else:
                noon = datetime(day.year, day.month, day.day, 12, tzinfo=LOCAL_ZONE)
                lines = with_discrepancies(sandbox.settled_on(day), sandbox.control, noon=noon)
                _write(path, sandbox.settlement_file(lines))
                self._pay_out(name, day, lines)
            written.append(path)
        return written

    def _pay_out(self, name: str, day: date, lines: Sequence[SettledLine]) -> None:
        """Transfer what the file comes to, less fees, to our account."""
        bank: Any = self.sandboxes.get(BANK)
        net = sum(line.amount - line.fee for line in lines if line.kind is not LineKind.PAYOUT)
        if bank is not None and net:
            bank.receive(net, f"{name.upper()} THANH TOAN {day:%Y%m%d}", f"{name.upper()} (TEST)")


def _write(path: Path, content: bytes) -> None:
    """Let the file appear whole: what is half written has another ending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.rename(path)
