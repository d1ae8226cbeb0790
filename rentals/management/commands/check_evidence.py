"""Recompute the evidence of every contract."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from rentals.contracts.models import Contract
from rentals.contracts.services.evidence import check_chain


class Command(BaseCommand):
    help = "Recompute the chain of events of every contract, or of those named, and say which are broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("numbers", nargs="*", help="contract numbers; all of them if none is given")

    def handle(self, *_args: Any, **options: Any) -> None:
        numbers: list[str] = options["numbers"]
        contracts = Contract.objects.order_by("pk")
        if numbers:
            contracts = contracts.filter(number__in=numbers)
            if missing := sorted(set(numbers) - set(contracts.values_list("number", flat=True))):
                raise CommandError(f"no such contract: {', '.join(missing)}")
        checked = events = 0
        broken: list[str] = []
        for contract in contracts.iterator(chunk_size=500):
            result = check_chain(contract)
            checked += 1
            events += result.length
            if not result.is_whole:
                broken.append(contract.number)
                self.stderr.write(f"{contract.number}: broken at event {result.broken_at}")
        self.stdout.write(f"{checked} contracts, {events} events that fit, {len(broken)} broken")
        if broken:
            raise CommandError(f"{len(broken)} chains are broken")
