"""Machine readable zones as ICAO 9303 prints them, written without a look at the code that reads them."""

from datetime import date

from tests.identity.people import Person, folded

WEIGHTS = (7, 3, 1)


def check_digit(text: str) -> str:
    total = 0
    for position, letter in enumerate(text):
        value = 0 if letter == "<" else int(letter, 36)
        total += value * WEIGHTS[position % 3]
    return str(total % 10)


def _names(full_name: str, length: int) -> str:
    surname, _, given = folded(full_name).partition(" ")
    text = f"{surname}<<{given}".replace(" ", "<").rstrip("<")
    return text[:length].ljust(length, "<")


def _day(day: date | None) -> str:
    # What a card without an end carries is not published; the far future is what people report.
    return day.strftime("%y%m%d") if day else "991231"


def td1(person: Person) -> tuple[str, str, str]:
    """The three lines of thirty on the back of a citizen's card."""
    tail = person.number[3:]
    first = f"IDVNM{tail}{check_digit(tail)}{person.number}<<{check_digit(person.number + '<<')}"
    born, expires = _day(person.born_on), _day(person.expires_on)
    second = f"{born}{check_digit(born)}{person.sex}{expires}{check_digit(expires)}VNM{'<' * 11}"
    composite = check_digit(first[5:30] + second[0:7] + second[8:15] + second[18:29])
    return first, second + composite, _names(person.full_name, 30)


def td3(person: Person) -> tuple[str, str]:
    """The two lines of forty-four on the page of a passport."""
    number = person.passport_number.ljust(9, "<")
    born, expires = _day(person.born_on), _day(person.passport_expires_on)
    personal = person.number.ljust(14, "<")
    second = (
        f"{number}{check_digit(number)}VNM{born}{check_digit(born)}{person.sex}"
        f"{expires}{check_digit(expires)}{personal}{check_digit(personal)}"
    )
    composite = check_digit(second[0:10] + second[13:20] + second[21:43])
    return f"P<VNM{_names(person.full_name, 39)}", second + composite


def qr_text(person: Person) -> str:
    """What the QR code of a card says, in both forms; the card of 2024 has a tail that may be empty."""
    text = "|".join(
        (
            person.number,
            person.old_number,
            person.full_name,
            person.born_on.strftime("%d%m%Y"),
            "Nam" if person.sex == "M" else "Nữ",
            person.address,
            person.issued_on.strftime("%d%m%Y"),
        )
    )
    return text if person.card_form == 2021 else text + "||||"
