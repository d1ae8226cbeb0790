"""The whole demo in one transaction: places, people, past, present."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.db import transaction

from payments.demo import payments_to_tell, tell_sandbox
from payments.intents.models import Payment, PaymentIntent
from payments.ledger.models import LedgerAccount, LedgerEntry, LedgerLine
from rentals.bookings.models import Booking
from rentals.demo.seeding import condition, documents, fleet, ledger, money, network, offers
from rentals.demo.seeding.bulk import analyze, reserve_ids
from rentals.demo.seeding.checklists import draft_checklist
from rentals.demo.seeding.drawers import make_drawers
from rentals.demo.seeding.events import write_steps
from rentals.demo.seeding.lists import create_lists
from rentals.demo.seeding.papers import store_damage_photo
from rentals.demo.seeding.people import draw_people, let_some_join_lately, write_people
from rentals.demo.seeding.present import Present, take_for_services
from rentals.demo.seeding.pricing import PriceList
from rentals.demo.seeding.records import Records, take_keys
from rentals.demo.seeding.scale import Scale
from rentals.demo.seeding.steps import Steps
from rentals.demo.seeding.supply import create_supply_rules
from rentals.demo.seeding.trips import Planner
from rentals.demo.seeding.yard import make_yards
from rentals.handovers.models import DamageMark, Rental
from stations.timeline.models import VehicleAllocation
from voltgo.core.actors import SYSTEM
from voltgo.core.audit.models import AuditEvent
from voltgo.core.audit.services import record

Say = Callable[[str], None]

MARK = "demo.seeded"
# What the services look things up in while they make the present.
LOOKED_UP = (
    VehicleAllocation,
    Booking,
    Rental,
    PaymentIntent,
    Payment,
    LedgerAccount,
    LedgerEntry,
    LedgerLine,
)


@transaction.atomic
def build(scale: Scale, say: Say) -> None:
    """Build the demo city, all or nothing; `say` tells a person how far it is.

    Needs a database without stations. Writes pictures to the default storage and past payments to the local
    VNPay's file; both stay, unused, if the transaction fails.
    """
    stations = network.create_stations()
    fleet.create_tax_rules()
    offers.create_offers(scale)
    models = fleet.create_models()
    prices = PriceList(fleet.create_tariffs(models))
    say(f"Trạm: {len(stations)} ở 3 thành phố · {len(models)} mẫu xe")
    people = draw_people(stations, scale)
    vehicles = fleet.draw_vehicles(stations, models, scale)
    planner = Planner(vehicles=vehicles, people=people, prices=prices, scale=scale, damage_ids=_damage_ids())
    plan = planner.plan()
    let_some_join_lately(people, plan.first_booked_at(), scale)
    write_people(people)
    papers = documents.create_documents(people, scale)
    say(f"Người: {len(people.renters)} khách thuê với {papers} giấy tờ · {2 * len(stations)} nhân viên trạm")
    condition.create_vehicles(vehicles, plan, people, scale)
    say(f"Xe: {len(vehicles)}, trong đó {len(plan.out_now())} đang cho thuê")
    for_services = take_for_services(plan)
    records = Records(plan.trips, take_keys(plan.trips, scale), people, store_damage_photo())
    records.write()
    write_steps(Steps(people).of(records.rows))
    say(f"{scale.days} ngày lịch sử: {len(plan.trips)} lượt đặt xe")
    numbers = money.numbers_from(scale)
    moneys = money.work_out(plan.trips, numbers, scale)
    money.write_money(moneys)
    write_steps(money.steps_of(moneys))
    entries = ledger.write_ledger(moneys)
    say(f"Sổ cái: {entries} bút toán")
    analyze(*LOOKED_UP)
    present = Present(people=people, stations=stations, plan=plan, numbers=numbers, scale=scale, say=say)
    made = present.create(for_services)
    create_lists(people, stations)
    make_drawers(people=people, stations=stations)
    tickets = make_yards(people=people, stations=stations, scale=scale)
    create_supply_rules(stations)
    draft_checklist(models)
    say(f"Sân trạm: {tickets} phiếu bảo trì")
    told = tell_sandbox(payments_to_tell())
    say(f"Hôm nay: {len(plan.coming()) + made} lượt sắp tới · VNPay thử nghiệm biết {told} giao dịch")
    record(MARK, "demo", by=SYSTEM, days=scale.days, vehicles=scale.vehicles, seed=scale.seed)


def is_built() -> bool:
    """Say whether this database holds a demo city."""
    return AuditEvent.objects.filter(action=MARK).exists()


def _damage_ids() -> Iterator[int]:
    """Take keys for damage marks in small lots, since few trips need one."""
    while True:
        yield from reserve_ids(DamageMark, 50)
