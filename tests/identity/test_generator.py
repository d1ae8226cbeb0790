import hashlib
import io
import random
from datetime import date

import cv2
import numpy as np
import pytest
import zxingcpp
from PIL import Image

from accounts.extraction.types import Layout, Problem
from tests.identity import adversary, cards, photos, staging, zones
from tests.identity.applicants import CARD, LICENCE, honest
from tests.identity.people import TODAY, folded, make_person

LAYOUTS = [layout for layout in Layout if layout != Layout.UNKNOWN]


def same_picture_twice(make) -> bool:
    first, second = make(), make()
    return hashlib.sha256(first).digest() == hashlib.sha256(second).digest()


def test_a_seed_always_makes_the_same_person_and_another_seed_another():
    assert make_person(7) == make_person(7)
    assert len({make_person(seed).number for seed in range(300)}) == 300


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_seed_always_draws_the_same_card(layout):
    person = make_person(11)

    assert same_picture_twice(lambda: cards.draw(layout, person).tobytes())
    assert cards.draw(layout, person).width == 1350


@pytest.mark.parametrize("severity", ["good", "fair", "poor"])
def test_a_seed_always_takes_the_same_photograph(severity):
    card = cards.draw(Layout.CARD_2024_FRONT, make_person(3))

    assert same_picture_twice(lambda: photos.photograph(card, seed=3, severity=severity))
    assert photos.photograph(card, seed=3, severity=severity) != photos.photograph(
        card, seed=4, severity=severity
    )


def test_numbers_of_honest_people_follow_the_rule_of_twelve_digits():
    for seed in range(200):
        person = make_person(seed)
        century, sex = divmod(int(person.number[3]), 2)

        assert len(person.number) == 12
        assert person.number.isdigit()
        assert "MF"[sex] == person.sex
        assert 1900 + 100 * century + int(person.number[4:6]) == person.born_on.year


def test_papers_of_honest_people_are_all_good_today():
    for seed in range(200):
        person = make_person(seed)

        assert person.age >= 18
        assert person.issued_on < TODAY
        assert person.expires_on is None or person.expires_on > TODAY
        assert person.licence_issued_on < TODAY
        assert person.licence_expires_on is None or person.licence_expires_on > TODAY
        assert (person.licence_issued_on >= date(2025, 1, 1)) == (person.licence_form == 2025)


def test_names_carry_the_letters_that_readers_stumble_over():
    names = " ".join(make_person(seed).full_name for seed in range(300))

    assert set("ĐƯƠÔÊÂĂ") & set(names.upper()) == set("ĐƯƠÔÊÂĂ")
    assert folded("Đặng Ứng Thưởng") == "DANG UNG THUONG"


def test_check_digits_are_those_of_the_specimen_of_icao_9303():
    """Part 5, appendix B: the card of Utopia."""
    first, second = "I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6"

    assert zones.check_digit(first[5:14]) == first[14]
    assert zones.check_digit(second[0:6]) == second[6]
    assert zones.check_digit(second[8:14]) == second[14]
    assert zones.check_digit(first[5:30] + second[0:7] + second[8:15] + second[18:29]) == second[29]


def test_lines_have_the_length_of_their_form_and_fit_the_number():
    for seed in range(100):
        person = make_person(seed)
        lines = zones.td1(person)

        assert [len(line) for line in lines] == [30, 30, 30]
        assert lines[0][15:27] == person.number
        assert lines[0][5:14] == person.number[3:]
        assert [len(line) for line in zones.td3(person)] == [44, 44]


@pytest.mark.parametrize(("form", "layout"), [(2021, Layout.CARD_2021_FRONT), (2024, Layout.CARD_2024_BACK)])
def test_the_code_on_a_photographed_card_says_who_it_belongs_to(form, layout):
    person = make_person(21, card_form=form)
    content = photos.photograph(cards.draw(layout, person), seed=1)

    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(content)))

    assert [code.text for code in found] == [zones.qr_text(person)]


def test_only_what_is_named_is_edited():
    person, other = make_person(5, card_form=2021), make_person(6, card_form=2021)
    honest_card = np.asarray(cards.draw(Layout.CARD_2021_FRONT, person)).astype(int)
    swapped = np.asarray(cards.draw(Layout.CARD_2021_FRONT, person, qr_of=other)).astype(int)

    rows, columns = np.nonzero(np.abs(honest_card - swapped).sum(axis=2))

    assert rows.max() < 300
    assert columns.min() > 1000


def test_poor_photographs_say_what_has_to_be_asked_for():
    shots = [photos.plan(seed, "poor") for seed in range(50)]

    assert all(Problem.BLURRED in shot.expected for shot in shots)
    assert not any(
        photos.plan(seed, severity).expected for seed in range(50) for severity in ("good", "fair")
    )


def test_sharpness_falls_from_good_to_poor():
    card = cards.draw(Layout.CARD_2024_FRONT, make_person(9))
    measured = []
    for severity in ("good", "fair", "poor"):
        pixels = np.asarray(
            cv2.imdecode(np.frombuffer(photos.photograph(card, seed=2, severity=severity), np.uint8), 0)
        )
        measured.append(cv2.Laplacian(cv2.GaussianBlur(pixels, (0, 0), 1), cv2.CV_64F).var())

    assert measured == sorted(measured, reverse=True)


def test_attempts_differ_from_honest_papers_and_say_what_must_not_happen():
    attempts = adversary.cases(len(staging.MAKERS), seed=1000)

    assert {case.kind for case in attempts} == set(staging.MAKERS)
    for case in attempts:
        honest_papers = honest(case.applicant.person.seed, "good")
        assert case.must_not
        assert case.must_not <= {CARD, LICENCE, "selfie"}
        changed = case.applicant.papers, case.applicant.around
        assert changed != (honest_papers.papers, honest_papers.around), case.kind


def test_a_name_differs_by_one_letter_that_no_accent_explains():
    for seed in range(50):
        stage = staging.Stage(
            random.Random(seed), "good", make_person(seed), make_person(seed + 1), honest(seed, "good")
        )
        assert folded(staging.one_letter(stage)) != folded(stage.me.full_name)
        tones = staging.other_tones(stage)
        assert tones != stage.me.full_name
        assert folded(tones) == folded(stage.me.full_name)
