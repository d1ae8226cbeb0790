"""Vietnamese notes, and adding up what somebody counted."""

from collections.abc import Mapping

from voltgo.core.errors import InvalidInput
from voltgo.core.money import Dong

# In circulation, the largest first; coins have not been since 2011.
NOTES: tuple[Dong, ...] = (
    500_000, 200_000, 100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 200,
)  # fmt: skip
MOST_OF_ONE = 100_000
Counts = Mapping[str, int]


def total_of(counts: Counts) -> Dong:
    """Add up a count, written as {"500000": 3}.

    Raises:
        InvalidInput: there is no such note, or nobody can count so many.
    """
    known = {str(note): note for note in NOTES}
    for name, number in counts.items():
        # Exactly: True is no number of notes.
        if name not in known or type(number) is not int or not 0 <= number <= MOST_OF_ONE:
            raise InvalidInput(counts=dict(counts))
    return sum(known[name] * number for name, number in counts.items())


def without_zeros(counts: Counts) -> dict[str, int]:
    """Return a count as it is kept: notes that were there, the largest first."""
    return {str(note): counts[str(note)] for note in NOTES if counts.get(str(note))}
