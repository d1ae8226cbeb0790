"""Does at once what the mornings do: files, comparisons, bank lines."""

from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from payments.reconciliation import selectors, services
from payments.reconciliation.enums import Source
from payments.reconciliation.errors import RunUnderWay
from payments.reconciliation.models import ReconciliationRun
from payments.reconciliation.proof import prove_books
from voltgo.core import clock
from voltgo.core.money import format_dong


class Command(BaseCommand):
    help = "Takes in the files of the inbox, books bank lines, compares a day with every source, proves the books."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--day", type=date.fromisoformat, help="default: yesterday")

    def handle(self, *_args: Any, **options: Any) -> None:
        day = options["day"] or clock.today() - timedelta(days=1)
        fetched = services.fetch_files()
        self.stdout.write(f"files: {len(fetched.new)} new, {len(fetched.refused)} refused")
        lines = services.settle_bank_lines()
        self.stdout.write(f"bank lines: {lines['booked']} booked, {lines['suspense']} put aside")
        for source in (*selectors.providers_with_files(), Source.BANK):
            try:
                self._show(services.reconcile(source=source, day=day, only_if_changed=True))
            except RunUnderWay:
                self.stderr.write(f"{source}: is being compared by somebody else")
        proof = prove_books()
        for problem in proof.problems:
            self.stderr.write(f"PROBLEM {problem}")
        if not proof.holds:
            raise CommandError("The books do not hold.")
        self.stdout.write(f"the books hold: {proof.entries} entries, {proof.lines} lines")

    def _show(self, run: ReconciliationRun) -> None:
        counts = ", ".join(f"{status} {number}" for status, number in run.counts.items()) or "nothing moved"
        said = "NO FILE" if run.file_missing else counts
        unexplained = format_dong(run.unexplained_amount)
        self.stdout.write(f"{run.source} {run.day} run {run.number}: {said}; unexplained {unexplained}")
