"""Where things stand on a paper, in shares of its width and height, for each layout.

Taken from descriptions of the forms (Circular 06/2021 and 16/2024 of the Ministry of Public Security, Circular
12/2025 for licences) and published pictures. Zones are roomy: the line of print in them is looked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from accounts.extraction.types import FieldName, Layout


@dataclass(frozen=True, slots=True)
class Zone:
    """A rectangle in shares of the card: left, top, right, bottom."""

    left: float
    top: float
    right: float
    bottom: float

    def of(self, width: int, height: int) -> tuple[slice, slice]:
        """Return rows and columns to cut from a picture of this size."""
        return (
            slice(round(self.top * height), round(self.bottom * height)),
            slice(round(self.left * width), round(self.right * width)),
        )


# Lines with a value to read; a label may stand before it on the same line.
FIELDS: Mapping[Layout, Mapping[FieldName, Zone]] = {
    Layout.CARD_2021_FRONT: {
        FieldName.NUMBER: Zone(0.285, 0.352, 0.800, 0.443),
        FieldName.FULL_NAME: Zone(0.285, 0.482, 0.990, 0.569),
        FieldName.BORN_ON: Zone(0.285, 0.552, 0.990, 0.624),
        FieldName.SEX: Zone(0.285, 0.612, 0.990, 0.684),
        FieldName.EXPIRES_ON: Zone(0.030, 0.866, 0.300, 0.922),
    },
    Layout.CARD_2021_BACK: {
        FieldName.ISSUED_ON: Zone(0.030, 0.148, 0.690, 0.222),
    },
    Layout.CARD_2024_FRONT: {
        FieldName.NUMBER: Zone(0.290, 0.392, 0.840, 0.490),
        FieldName.FULL_NAME: Zone(0.290, 0.536, 0.990, 0.627),
        FieldName.BORN_ON: Zone(0.290, 0.669, 0.690, 0.747),
        FieldName.SEX: Zone(0.700, 0.669, 0.990, 0.747),
    },
    Layout.CARD_2024_BACK: {
        FieldName.ISSUED_ON: Zone(0.250, 0.395, 0.690, 0.464),
        FieldName.EXPIRES_ON: Zone(0.250, 0.504, 0.690, 0.574),
    },
    Layout.LICENCE_FRONT: {
        FieldName.NUMBER: Zone(0.395, 0.242, 0.990, 0.330),
        FieldName.FULL_NAME: Zone(0.275, 0.319, 0.990, 0.397),
        FieldName.BORN_ON: Zone(0.275, 0.390, 0.990, 0.460),
        FieldName.ISSUED_ON: Zone(0.275, 0.658, 0.990, 0.726),
        FieldName.LICENCE_CLASSES: Zone(0.036, 0.730, 0.430, 0.820),
        FieldName.EXPIRES_ON: Zone(0.036, 0.828, 0.440, 0.892),
    },
}

# The table on the back of a licence: its classes, and the days of the tests beside them.
CLASS_COLUMN = Zone(0.030, 0.215, 0.135, 0.850)
DAY_COLUMN = Zone(0.590, 0.0, 0.800, 1.0)

PORTRAITS: Mapping[Layout, Zone] = {
    Layout.CARD_2021_FRONT: Zone(0.043, 0.315, 0.268, 0.852),
    Layout.CARD_2024_FRONT: Zone(0.043, 0.341, 0.268, 0.878),
    Layout.LICENCE_FRONT: Zone(0.046, 0.296, 0.250, 0.729),
    Layout.PASSPORT_PAGE: Zone(0.049, 0.200, 0.293, 0.663),
}

# Where a paper says what it is. One line, read with words that only this paper has.
UPPER_TITLE = Zone(0.240, 0.030, 0.990, 0.115)
LOWER_TITLE = Zone(0.240, 0.170, 0.990, 0.285)
# Below the title of a citizen's card, in red, which is read where the large letters are not.
ENGLISH_TITLE = Zone(0.240, 0.262, 0.990, 0.335)
FIRST_LINE = Zone(0.030, 0.025, 0.720, 0.100)
# The machine readable zone of a card.
MACHINE_ZONE = Zone(0.0, 0.62, 1.0, 1.0)
