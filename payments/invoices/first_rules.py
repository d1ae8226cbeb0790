"""The tax rules that VoltGo starts with, as read in November 2026. Later ones are added in the admin."""

from dataclasses import dataclass
from datetime import date

from payments.invoices.enums import Activity, RuleStatus

REDUCED_FROM, REDUCED_UNTIL, FULL_FROM = date(2025, 7, 1), date(2026, 12, 31), date(2027, 1, 1)
REDUCED = "Nghị quyết 204/2025/QH15, Nghị định 174/2025/NĐ-CP"
FULL = "Luật Thuế GTGT 48/2024/QH15"
NO_SUPPLY = "Thông tư 219/2013/TT-BTC điều 5 (có trước Luật Thuế GTGT 48/2024/QH15)"


@dataclass(frozen=True, slots=True)
class FirstRule:
    """One row of the first rules; `vat_bp` is None where no VAT is due."""

    activity: str
    valid_from: date
    valid_until: date | None
    vat_bp: int | None
    source: str
    status: str


def _reduced_then_full(activity: str, status: str, why: str = "") -> tuple[FirstRule, FirstRule]:
    return (
        FirstRule(activity, REDUCED_FROM, REDUCED_UNTIL, 800, REDUCED + why, status),
        FirstRule(activity, FULL_FROM, None, 1_000, FULL + why, status),
    )


def _not_subject(activity: str, source: str) -> FirstRule:
    return FirstRule(activity, REDUCED_FROM, None, None, source, RuleStatus.UNCONFIRMED)


FIRST_RULES: tuple[FirstRule, ...] = (
    *_reduced_then_full(Activity.VEHICLE_RENTAL, RuleStatus.CONFIRMED),
    # Hours beyond the agreed end, kilometres, charging and cleaning are use of the vehicle, not a penalty.
    *_reduced_then_full(Activity.FEE, RuleStatus.CONFIRMED, "; theo thuế suất của dịch vụ thuê xe"),
    *_reduced_then_full(
        Activity.CANCELLATION, RuleStatus.UNCONFIRMED, "; phần tiền thuê trả trước được giữ lại"
    ),
    _not_subject(Activity.COMPENSATION, NO_SUPPLY),
    _not_subject(Activity.PENALTY, NO_SUPPLY),
    _not_subject(
        Activity.DEPOSIT, "Nghị định 254/2026/NĐ-CP điều 9 khoản 2: đặt cọc bảo đảm thực hiện hợp đồng"
    ),
    _not_subject(Activity.FINE, "Thu hộ để nộp phạt, không phải doanh thu"),
)
