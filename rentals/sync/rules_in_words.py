"""The table of rules as docs/offline.md prints it."""

from collections.abc import Iterator

from django.utils import translation

from rentals.sync.rules import RULES, Consequence, Fate, Rule

BEGIN, END = "<!-- rules: begin -->", "<!-- rules: end -->"
FATES = {
    Fate.CONFLICT: "A person decides",
    Fate.WAIT: "Waits, after a day a person looks",
    Fate.REJECTED: "Kept as evidence, never applied",
    Fate.FLAG: "Applied, with a word to people",
}
CONSEQUENCES = {
    Consequence.NONE: "",
    Consequence.VEHICLE_OUT: "vehicle out of service, promised renters looked after",
    Consequence.VEHICLE_HELD: "free time of the vehicle blocked until decided",
    Consequence.MONEY_CASE: "case for finance",
    Consequence.RENTER_DECIDES: "settlement goes to the renter for 48 hours",
}


def as_markdown() -> str:
    """Return the whole table, between its marks."""
    with translation.override("en"):
        return "\n".join([BEGIN, *_sections(), END])


def _sections() -> Iterator[str]:
    for fate, title in FATES.items():
        rules = [rule for rule in RULES.values() if rule.fate is fate]
        yield f"\n### {title}\n"
        yield "| code | severity | at once | offered |"
        yield "|---|---|---|---|"
        for rule in rules:
            yield f"| `{rule.code}` | {_severity(rule)} | {CONSEQUENCES[rule.consequence]} | {_offers(rule)} |"
    yield ""


def _severity(rule: Rule) -> str:
    return rule.severity.value if rule.fate in {Fate.CONFLICT, Fate.REJECTED} else ""


def _offers(rule: Rule) -> str:
    return ", ".join(offer.value.replace("_", " ") for offer in rule.offers)
