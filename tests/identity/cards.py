"""Draws flat synthetic papers: citizen's cards of 2021 and 2024, driving licences, the page of a passport.

The places of the print follow descriptions of the forms and photographs in the press, to the eye; nothing is
shared with the code that reads cards, and every card is printed a little off.
"""

import dataclasses
import random
import textwrap
from collections.abc import Callable
from datetime import date

from PIL import Image

from accounts.extraction.types import Layout
from tests.identity import press, zones
from tests.identity.people import Person
from tests.identity.press import FADED, RED, Sheet

CARD = (1350, 850)
PAGE = (1350, 950)


@dataclasses.dataclass(frozen=True)
class Job:
    """What one side is printed from. An honest card takes everything from one person."""

    printed: Person
    qr: str
    lines: tuple[str, ...]


def draw(
    layout: Layout,
    person: Person,
    *,
    qr_of: Person | None = None,
    mrz_of: Person | None = None,
    qr: str | None = None,
    lines: tuple[str, ...] | None = None,
    jitter: int = 0,
    **printed: object,
) -> Image.Image:
    """Draw one side for `person`, 1350 pixels wide.

    `qr_of` and `mrz_of` are persons whose code and lines are used instead, `qr` and `lines` the very text.
    Everything else that is named (`full_name="..."`) replaces what the person has, in the print alone.
    """
    makers = zones.td3 if layout == Layout.PASSPORT_PAGE else zones.td1
    licence_code = f"https://gplx.csgt.bocongan.gov.vn/tra-cuu?so={(qr_of or person).licence_number}"
    is_licence = layout in {Layout.LICENCE_FRONT, Layout.LICENCE_BACK}
    job = Job(
        printed=dataclasses.replace(person, **printed),  # type: ignore[arg-type]  # named by the caller
        qr=qr if qr is not None else licence_code if is_licence else zones.qr_text(qr_of or person),
        lines=lines if lines is not None else makers(mrz_of or person),
    )
    rng = random.Random(f"{layout} {person.seed} {jitter}")
    sheet = DRAWERS[layout](rng, job)
    return sheet.image


def _dmy(day: date | None) -> str:
    return day.strftime("%d/%m/%Y") if day else "Không thời hạn"


def _sex(person: Person) -> str:
    return "Nam" if person.sex == "M" else "Nữ"


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False)


def _head(sheet: Sheet, centre: int, title: str, english: str, *, top: int, title_size: int = 54) -> None:
    sheet.text((centre, top), "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 30, bold=True, centred=True, widest=640)
    sheet.text((centre, top + 36), "Độc lập - Tự do - Hạnh phúc", 26, bold=True, centred=True)
    sheet.text((centre, top + 68), "SOCIALIST REPUBLIC OF VIET NAM", 22, centred=True, ink=FADED)
    sheet.text((centre, top + 94), "Independence - Freedom - Happiness", 20, centred=True, ink=FADED)
    sheet.text((centre, top + 158), title, title_size, bold=True, centred=True, ink=RED)
    sheet.text((centre, top + 194), english, 26, centred=True, ink=RED)


def card_2021_front(rng: random.Random, job: Job) -> Sheet:
    """QR code top right, portrait and expiry on the left, everything else on the right."""
    who = job.printed
    sheet = Sheet(rng, press.ground("2021 front", CARD, (222, 238, 232), (196, 224, 226)))
    sheet.paste(*press.emblem(186)[:1], (66, 38), press.emblem(186)[1])
    _head(sheet, 700, "CĂN CƯỚC CÔNG DÂN", "Citizen Identity Card", top=64, title_size=50)
    size = rng.randint(218, 234)
    sheet.paste(press.code(job.qr, size).convert("RGB"), (1088 + rng.randint(-6, 6), 40 + rng.randint(-6, 6)))
    sheet.paste(press.portrait(who.face, (304, 456)), (58, 268))
    x = sheet.text((402, 352), "Số / No.:", 27, ink=FADED)
    sheet.text((x + 14, 354), who.number, 52, bold=True)
    sheet.text((402, 408), "Họ và tên / Full name:", 25, ink=FADED)
    sheet.text((402, 460), who.full_name.upper(), 40, widest=900)
    sheet.labelled((402, 512), "Ngày sinh / Date of birth:", _dmy(who.born_on), 25, value_size=36)
    x = sheet.labelled((402, 562), "Giới tính / Sex:", _sex(who), 25, value_size=36)
    sheet.labelled((max(x + 30, 720), 562), "Quốc tịch / Nationality:", "Việt Nam", 25, value_size=36)
    sheet.text((402, 610), "Quê quán / Place of origin:", 25, ink=FADED)
    sheet.text((402, 654), who.origin, 34, widest=900)
    x = sheet.text((402, 702), "Nơi thường trú / Place of residence:", 25, ink=FADED)
    first, *rest = _wrapped(who.address, 24)
    sheet.text((x + 10, 702), first, 34, widest=int(1320 - x))
    sheet.text((402, 752), " ".join(rest), 34, widest=900)
    x = sheet.text((58, 768), "Có giá trị đến:", 23, ink=FADED)
    sheet.text((x + 6, 769), _dmy(who.expires_on), 28)
    sheet.text((58, 796), "Date of expiry", 20, ink=FADED)
    sheet.specimen((640, 818))
    return sheet


def card_2021_back(rng: random.Random, job: Job) -> Sheet:
    """Features, day of issue, chip and fingerprints above a machine readable zone of three lines."""
    who = job.printed
    sheet = Sheet(rng, press.ground("2021 back", CARD, (228, 240, 228), (202, 226, 222)))
    sheet.text((60, 66), "Đặc điểm nhận dạng / Personal identification:", 25, ink=FADED)
    sheet.text((60, 112), who.features, 32, widest=820)
    sheet.labelled((60, 168), "Ngày, tháng, năm / Date, month, year:", _dmy(who.issued_on), 25, value_size=34)
    sheet.text((560, 216), "CỤC TRƯỞNG CỤC CẢNH SÁT", 24, bold=True, centred=True)
    sheet.text((560, 246), "QUẢN LÝ HÀNH CHÍNH VỀ TRẬT TỰ XÃ HỘI", 24, bold=True, centred=True)
    sheet.text((560, 274), "DIRECTOR GENERAL OF THE POLICE DEPARTMENT", 18, centred=True, ink=FADED)
    sheet.text((560, 298), "FOR ADMINISTRATIVE MANAGEMENT OF SOCIAL ORDER", 18, centred=True, ink=FADED)
    sheet.paste(press.chip((208, 164)), (80, 306))
    press.seal(sheet.pen, (600, 394), 74)
    press.signature(sheet.pen, rng, (480, 400), ink=(40, 60, 140))
    sheet.text((560, 500), "Tô Văn Mẫu", 28, bold=True, centred=True)
    for column, (label, english) in enumerate(
        (("Ngón trỏ trái", "Left index finger"), ("Ngón trỏ phải", "Right index finger"))
    ):
        x = 952 + column * 186
        sheet.text((x + 82, 66), label, 20, centred=True, ink=FADED)
        sheet.text((x + 82, 90), english, 17, centred=True, ink=FADED)
        sheet.paste(press.fingerprint(rng, (164, 250)), (x, 106))
    sheet.specimen((1130, 400))
    sheet.machine_lines((76, 640), job.lines, pitch=rng.uniform(39.2, 40.4), leading=rng.uniform(72, 78))
    return sheet


def card_2024_front(rng: random.Random, job: Job) -> Sheet:
    """No QR code; the number and the name on lines of their own under longer labels."""
    who = job.printed
    sheet = Sheet(rng, press.ground("2024 front", CARD, (226, 240, 238), (206, 222, 236)))
    sheet.paste(*press.emblem(186)[:1], (66, 38), press.emblem(186)[1])
    _head(sheet, 760, "CĂN CƯỚC", "IDENTITY CARD", top=64)
    sheet.paste(press.chip((104, 82)), (1150, 190))
    sheet.paste(press.portrait(who.face, (304, 456)), (58, 290))
    sheet.text((410, 330), "Số định danh cá nhân / Personal identification number:", 25, ink=FADED)
    sheet.text((410, 394), who.number, 54, bold=True)
    sheet.text((410, 454), "Họ, chữ đệm và tên khai sinh / Full name:", 25, ink=FADED)
    sheet.text((410, 508), who.full_name.upper(), 42, widest=890)
    sheet.text((410, 566), "Ngày, tháng, năm sinh / Date of birth:", 25, ink=FADED)
    sheet.text((410, 614), _dmy(who.born_on), 38)
    sheet.text((960, 566), "Giới tính / Sex:", 25, ink=FADED)
    sheet.text((960, 614), _sex(who), 38)
    sheet.text((410, 672), "Quốc tịch / Nationality:", 25, ink=FADED)
    sheet.text((410, 720), "Việt Nam", 38)
    sheet.specimen((640, 806))
    return sheet


def card_2024_back(rng: random.Random, job: Job) -> Sheet:
    """Residence, QR code, days of issue and expiry above the machine readable zone."""
    who = job.printed
    sheet = Sheet(rng, press.ground("2024 back", CARD, (230, 240, 232), (208, 226, 232)))
    sheet.text((60, 66), "Nơi cư trú / Place of residence:", 25, ink=FADED)
    for row, line in enumerate(_wrapped(who.address, 44)[:2]):
        sheet.text((60, 110 + row * 46), line, 33, widest=930)
    sheet.text((60, 208), "Nơi đăng ký khai sinh / Place of birth:", 25, ink=FADED)
    sheet.text((60, 254), who.origin, 33, widest=930)
    size = rng.randint(224, 240)
    sheet.paste(press.code(job.qr, size).convert("RGB"), (1066 + rng.randint(-8, 8), 44 + rng.randint(-6, 6)))
    sheet.paste(press.chip((208, 164)), (80, 330))
    sheet.text((350, 330), "Ngày, tháng, năm cấp / Date of issue:", 25, ink=FADED)
    sheet.text((350, 374), _dmy(who.issued_on), 34)
    sheet.text((350, 424), "Ngày, tháng, năm hết hạn / Date of expiry:", 25, ink=FADED)
    sheet.text((350, 468), _dmy(who.expires_on), 34)
    sheet.text((1090, 356), "BỘ CÔNG AN", 30, bold=True, centred=True)
    sheet.text((1090, 386), "MINISTRY OF PUBLIC SECURITY", 20, centred=True, ink=FADED)
    press.seal(sheet.pen, (1090, 462), 66)
    sheet.specimen((620, 520))
    sheet.machine_lines((76, 640), job.lines, pitch=rng.uniform(39.2, 40.4), leading=rng.uniform(72, 78))
    return sheet


def _classes(person: Person) -> str:
    return ", ".join(person.licence_classes)


def licence_front(rng: random.Random, job: Job) -> Sheet:
    """Straw yellow of the Ministry of Transport before 2025-03, pink of the police since."""
    who = job.printed
    is_new = who.licence_form == 2025
    tints = ((250, 226, 228), (244, 206, 214)) if is_new else ((248, 240, 208), (240, 226, 178))
    sheet = Sheet(rng, press.ground(f"licence {who.licence_form}", CARD, *tints))
    office, english = ("BỘ CÔNG AN", "MPS") if is_new else ("BỘ GTVT", "MOT")
    sheet.paste(*press.emblem(112)[:1], (140, 34), press.emblem(112)[1])
    sheet.text((196, 184), office, 28, bold=True, centred=True)
    sheet.text((196, 214), english, 22, centred=True, ink=FADED)
    sheet.text((836, 66), "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 30, bold=True, centred=True, widest=720)
    sheet.text((836, 102), "THE SOCIALIST REPUBLIC OF VIET NAM", 22, centred=True, ink=FADED)
    sheet.text(
        (836, 134),
        "Độc lập - Tự do - Hạnh phúc / Independence - Freedom - Happiness",
        21,
        centred=True,
        widest=800,
    )
    sheet.text(
        (836, 194), "GIẤY PHÉP LÁI XE / DRIVER'S LICENSE", 42, bold=True, centred=True, ink=RED, widest=860
    )
    x = sheet.text((560, 256), "Số / No.:", 32, bold=True, ink=RED)
    sheet.text((x + 14, 256), who.licence_number, 44, bold=True, ink=RED)
    back = (150, 196, 232) if is_new else (168, 206, 236)
    sheet.paste(press.portrait(who.face, (276, 368), back=back), (62, 252))
    rows = iter(range(318, 800, 56))
    sheet.labelled(
        (382, next(rows)), "Họ tên / Full name:", who.full_name.upper(), 26, value_size=36, widest=640
    )
    sheet.labelled((382, next(rows)), "Ngày sinh / Date of Birth:", _dmy(who.born_on), 26, value_size=36)
    sheet.labelled((382, next(rows)), "Quốc tịch / Nationality:", "VIỆT NAM", 26, value_size=34)
    first, *rest = _wrapped(who.address, 34)
    sheet.labelled((382, next(rows)), "Nơi cư trú / Address:", first, 26, value_size=32, widest=620)
    sheet.text((382, next(rows)), " ".join(rest), 32, widest=920)
    issued = who.licence_issued_on
    place = "Cục CSGT" if is_new else who.address.rsplit(", ", 1)[1]
    sheet.text(
        (850, next(rows)),
        f"{place}, ngày/date {issued:%d} tháng/month {issued:%m} năm/year {issued:%Y}",
        27,
        centred=True,
        widest=900,
    )
    sheet.text(
        (900, 640),
        "CỤC TRƯỞNG / DIRECTOR GENERAL" if is_new else "GIÁM ĐỐC / DIRECTOR",
        22,
        bold=True,
        centred=True,
    )
    press.seal(sheet.pen, (1010, 706), 66)
    press.signature(sheet.pen, rng, (800, 706), ink=(40, 60, 140))
    sheet.labelled((62, 674), "Hạng / Class:", _classes(who), 30, value_size=44)
    x = sheet.text((62, 738), "Có giá trị đến / Expires:", 25, ink=FADED)
    sheet.text((x + 8, 738), _dmy(who.licence_expires_on), 31)
    sheet.specimen((640, 812))
    return sheet


KINDS_OF_VEHICLES = {
    "A1": ("Xe mô tô hai bánh đến 125 cm3 hoặc đến 11 kW", "Motorcycles up to 125 cc or 11 kW"),
    "A": ("Xe mô tô hai bánh trên 125 cm3 hoặc trên 11 kW", "Motorcycles over 125 cc or 11 kW"),
    "A2": ("Xe mô tô hai bánh từ 175 cm3 trở lên", "Motorcycles of 175 cc and over"),
    "B1": ("Ô tô chở người đến 9 chỗ, không hành nghề lái xe", "Cars up to 9 seats, not for hire"),
    "B": ("Ô tô chở người đến 8 chỗ, ô tô tải đến 3.500 kg", "Cars up to 8 seats, trucks up to 3,500 kg"),
    "B2": ("Ô tô chở người đến 9 chỗ, ô tô tải dưới 3.500 kg", "Cars up to 9 seats, trucks under 3,500 kg"),
    "C1": ("Ô tô tải trên 3.500 kg đến 7.500 kg", "Trucks over 3,500 kg up to 7,500 kg"),
    "C": ("Ô tô tải từ 3.500 kg trở lên", "Trucks of 3,500 kg and over"),
}


def licence_back(rng: random.Random, job: Job) -> Sheet:
    """The kinds of vehicles with the days of the tests, and a code that leads to the police."""
    who = job.printed
    is_new = who.licence_form == 2025
    tints = ((250, 230, 230), (246, 212, 218)) if is_new else ((250, 244, 216), (242, 230, 188))
    sheet = Sheet(rng, press.ground(f"licence back {who.licence_form}", CARD, *tints))
    sheet.text(
        (560, 74), "CÁC LOẠI XE CƠ GIỚI ĐƯỜNG BỘ ĐƯỢC ĐIỀU KHIỂN", 31, bold=True, centred=True, widest=960
    )
    sheet.text((560, 110), "CLASSIFICATION OF MOTOR VEHICLES", 24, centred=True, ink=FADED)
    sheet.text((60, 170), "Hạng / Class", 24, ink=FADED)
    sheet.text((820, 170), "Ngày trúng tuyển / Date", 22, ink=FADED)
    for row, name in enumerate(who.licence_classes):
        vietnamese, english = KINDS_OF_VEHICLES[name]
        y = 236 + row * 110
        sheet.pen.line((60, y - 46, 1080, y - 46), fill=FADED, width=2)
        sheet.text((76, y), name, 40, bold=True)
        sheet.text((190, y - 8), vietnamese, 26, widest=610)
        sheet.text((190, y + 26), english, 22, ink=FADED, widest=610)
        sheet.text((830, y), _dmy(who.tested_on), 28)
    size = rng.randint(196, 216)
    sheet.paste(press.code(job.qr, size).convert("RGB"), (1102, 560))
    sheet.text((60, 770), "Mã số điều kiện hạn chế / Restriction codes:", 24, ink=FADED)
    sheet.specimen((640, 812))
    return sheet


def passport_page(rng: random.Random, job: Job) -> Sheet:
    """The page with the portrait, and two lines of forty-four at its foot."""
    who = job.printed
    sheet = Sheet(rng, press.ground("passport", PAGE, (236, 232, 240), (214, 222, 240)))
    sheet.text((700, 62), "HỘ CHIẾU / PASSPORT", 42, bold=True, centred=True, ink=RED)
    sheet.paste(press.portrait(who.face, (330, 440)), (66, 190))
    sheet.text(
        (66, 120), "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM / SOCIALIST REPUBLIC OF VIET NAM", 24, widest=1180
    )
    sheet.text((440, 180), "Loại / Type", 22, ink=FADED)
    sheet.text((440, 216), "P", 32)
    sheet.text((620, 180), "Mã số / Code", 22, ink=FADED)
    sheet.text((620, 216), "VNM", 32)
    sheet.text((900, 180), "Số hộ chiếu / Passport No.", 22, ink=FADED)
    sheet.text((900, 218), who.passport_number, 38, bold=True)
    rows = (
        ("Họ và tên / Full name", who.full_name.upper()),
        ("Quốc tịch / Nationality", "VIỆT NAM / VIETNAMESE"),
        ("Ngày sinh / Date of birth", _dmy(who.born_on)),
        ("Giới tính / Sex", f"{_sex(who)} / {who.sex}"),
        ("Số ĐDCN/CMND / Personal No.", who.number),
        ("Ngày cấp / Date of issue", _dmy(who.passport_issued_on)),
        ("Có giá trị đến / Date of expiry", _dmy(who.passport_expires_on)),
    )
    for row, (label, value) in enumerate(rows):
        y = 258 + row * 78
        sheet.text((440, y), label, 20, ink=FADED)
        sheet.text((440, y + 42), value, 32, widest=840)
    sheet.specimen((1150, 700))
    sheet.machine_lines((60, 868), job.lines, pitch=rng.uniform(27.4, 28.0), leading=rng.uniform(50, 54))
    return sheet


DRAWERS: dict[Layout, Callable[[random.Random, Job], Sheet]] = {
    Layout.CARD_2021_FRONT: card_2021_front,
    Layout.CARD_2021_BACK: card_2021_back,
    Layout.CARD_2024_FRONT: card_2024_front,
    Layout.CARD_2024_BACK: card_2024_back,
    Layout.LICENCE_FRONT: licence_front,
    Layout.LICENCE_BACK: licence_back,
    Layout.PASSPORT_PAGE: passport_page,
}
