"""What is wrong with an article, and what a whole wording still lacks; each in words that say what to do.

An article's own faults are refused at its fields when a draft is saved. What the whole lacks may lack while it is
being written, and keeps it from being published.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from django.utils.translation import gettext as _

from rentals.contracts.enums import TemplateBlock
from rentals.contracts.texts.values import NAME, VALUES, names_in
from rentals.contracts.texts.words import ArticleWords, paragraphs

# Every character here has its shape in our font (a test compares); any other would bring a foreign font along,
# or an empty box.
MARKS = frozenset(" !\"#%&'()*+,-./:;<=>?@[]_§°·–—‘’“”…•₫€²³×½\u00a0{}")
ANY_NAME = re.compile(r"\{([^{}]*)\}")
# "++" and "?+" give nothing back: 468 must not be read as 46.
VI_REFERENCE = re.compile(
    r"\b(?:[Đđ]iều|[Kk]hoản) (\d++)(?:\.(\d++))?+(?! (?:của )?(?:Bộ luật|Luật|Nghị định|Thông tư))"
)
EN_REFERENCE = re.compile(
    r"\b(?:[Aa]rticles?|[Cc]lauses?) (\d++)(?:\.(\d++))?+(?: (?:to|and) (\d++)(?:\.(\d++))?+)?+"
    r"(?! of (?:the )?(?:Civil Code|Law|Decree|Circular))"
)
NAMED_AT_ONCE = 5


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field of an article."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that law or our own processes ask of every wording: how it is seen, and what to do without it."""

    code: str
    is_met: Callable[["Whole"], bool]
    cure: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Whole:
    """A wording as its needs look at it."""

    blocks: frozenset[str]
    names: frozenset[str]
    text_vi: str


# --- One article ----------------------------------------------------------------------------------------


def faults_of(article: ArticleWords) -> list[Fault]:
    """Return what is wrong with an article by itself, the first fault of each field."""
    found: dict[str, Fault] = {}
    for fault in _faults(article):
        found.setdefault(fault.field, fault)
    return list(found.values())


def _faults(article: ArticleWords) -> Iterable[Fault]:
    for field in ("heading_vi", "heading_en"):
        heading = getattr(article, field)
        yield from _letters(field, heading)
        if "{" in heading or "}" in heading:
            yield Fault(field, _("Tên điều không dùng được giá trị trong ngoặc nhọn. Hãy bỏ ngoặc."))
    for field in ("text_vi", "text_en"):
        text = getattr(article, field)
        yield from _letters(field, text)
        yield from _braces(field, text)
    yield from _pairs(article)


def _letters(field: str, text: str) -> Iterable[Fault]:
    strange = sorted({letter for letter in unicodedata.normalize("NFC", text) if not _is_ours(letter)})
    if strange:
        shown = " ".join(strange[:NAMED_AT_ONCE])
        yield Fault(
            field,
            _("Phông chữ của hợp đồng không có ký tự: %(letters)s. Hãy thay bằng chữ khác.")
            % {"letters": shown},
        )


def _is_ours(letter: str) -> bool:
    if letter in MARKS or letter in "\r\n\t":
        return True
    if letter.isascii():
        return letter.isalnum()
    return unicodedata.name(letter, "").startswith("LATIN ") and unicodedata.category(letter) in {"Lu", "Ll"}


def _braces(field: str, text: str) -> Iterable[Fault]:
    rest = ANY_NAME.sub("", text)
    if "{" in rest or "}" in rest:
        yield Fault(
            field,
            _(
                "Có ngoặc nhọn mở mà không đóng, hoặc lồng nhau. Mỗi giá trị viết như {deposit}, trong một cặp ngoặc."
            ),
        )
    for name in ANY_NAME.findall(text):
        if NAME.fullmatch(f"{{{name}}}") is None or name not in VALUES:
            close = get_close_matches(name.strip(), VALUES, n=1, cutoff=0.5)
            if close:
                message = _("Không có giá trị {%(name)s}. Có phải {%(close)s}?") % {
                    "name": name,
                    "close": close[0],
                }
            else:
                message = _("Không có giá trị {%(name)s}. Hãy chọn một tên trong bảng giá trị.") % {
                    "name": name
                }
            yield Fault(field, message)


def _pairs(article: ArticleWords) -> Iterable[Fault]:
    vi, en = paragraphs(article.text_vi), paragraphs(article.text_en)
    if len(vi) != len(en):
        yield Fault(
            "text_en",
            _(
                "Tiếng Việt có %(vi)d đoạn, tiếng Anh có %(en)d. Mỗi đoạn cách nhau một dòng trống;"
                " hãy viết đủ từng cặp."
            )
            % {"vi": len(vi), "en": len(en)},
        )
        return
    if not vi and not article.block:
        yield Fault(
            "text_vi", _("Điều này chưa có nội dung. Hãy viết, hoặc chọn bảng đi kèm, hoặc xóa điều.")
        )
    for number, (first, second) in enumerate(zip(vi, en, strict=True), start=1):
        missing = sorted({*names_in(first)} ^ {*names_in(second)})
        if missing:
            yield Fault(
                "text_en",
                _("Đoạn %(number)d: giá trị %(names)s chỉ có ở một ngôn ngữ. Hãy dùng ở cả hai.")
                % {"number": number, "names": ", ".join(f"{{{name}}}" for name in missing)},
            )


# --- The whole ------------------------------------------------------------------------------------------


def needs_of(articles: Sequence[ArticleWords]) -> list[str]:
    """Return what keeps a wording from being published, each in words that say what to do."""
    whole = Whole(
        blocks=frozenset(article.block for article in articles),
        names=frozenset(name for article in articles for name in names_in(article.text_vi)),
        text_vi=" ".join(f"{article.heading_vi} {article.text_vi}" for article in articles).casefold(),
    )
    missing = [need.cure() for need in NEEDS if not need.is_met(whole)]
    return [*_broken(articles), *missing, *_order(articles), *_references(articles)]


def _block(block: TemplateBlock) -> Callable[[Whole], bool]:
    return lambda whole: block in whole.blocks


def _block_or_names(block: TemplateBlock, *names: str) -> Callable[[Whole], bool]:
    return lambda whole: block in whole.blocks or whole.names.issuperset(names)


def _names(*names: str) -> Callable[[Whole], bool]:
    return lambda whole: whole.names.issuperset(names)


def _says(*words: str) -> Callable[[Whole], bool]:
    return lambda whole: any(word in whole.text_vi for word in words)


CANCEL = ("cancel.free_hours", "cancel.half_hours", "cancel.half_percent", "cancel.fresh_hours")
LATE = ("late.grace_minutes", "late.first_hour", "late.next_hour", "late.cap")
USE = ("km.included", "km.extra", "battery.return_percent", "battery.fee")

# The law asks a lease to name the parties, the thing, the time and the price (Civil Code 2015, art. 398 and 472 ff.),
# a message as contract to be known as one (Law 20/2023/QH15), and whoever gives data to be told why they are kept
# (Law 91/2025/QH15). What the counter charges, it charges by what was agreed: a fee nobody reads here cannot be taken.
NEEDS: tuple[Need, ...] = (
    Need(
        "parties", _block(TemplateBlock.PARTIES), lambda: _("Thiếu bảng các bên: hãy thêm vào điều mở đầu.")
    ),
    Need(
        "vehicle", _block(TemplateBlock.VEHICLE), lambda: _("Thiếu bảng xe: hãy chọn ở điều về xe cho thuê.")
    ),
    Need(
        "period",
        _block(TemplateBlock.PERIOD),
        lambda: _("Thiếu bảng thời gian, nơi giao và trả: hãy chọn ở điều về thời gian thuê."),
    ),
    Need("price", _block(TemplateBlock.PRICE), lambda: _("Thiếu bảng giá: hãy chọn ở điều về tiền thuê.")),
    Need(
        "deposit",
        _block_or_names(TemplateBlock.DEPOSIT, "deposit"),
        lambda: _("Chưa nói tiền cọc: hãy chọn bảng tiền cọc hoặc dùng {deposit}."),
    ),
    Need(
        "use",
        _block_or_names(TemplateBlock.USE, *USE),
        lambda: (
            _(
                "Chưa nói đủ mức km và pin mà quầy sẽ tính: hãy chọn bảng quãng đường và pin, hoặc dùng %(names)s."
            )
            % {"names": _listed(USE)}
        ),
    ),
    Need(
        "late",
        _block_or_names(TemplateBlock.LATE, *LATE),
        lambda: (
            _("Chưa nói đủ phí trả trễ mà quầy sẽ tính: hãy chọn bảng phí trả trễ, hoặc dùng %(names)s.")
            % {"names": _listed(LATE)}
        ),
    ),
    Need(
        "cancel",
        _names(*CANCEL),
        lambda: _("Chưa nói đủ quy định hủy của lượt đặt: hãy dùng %(names)s.") % {"names": _listed(CANCEL)},
    ),
    Need(
        "objection",
        _names("objection_hours"),
        lambda: _("Chưa nói thời hạn khiếu nại quyết toán: hãy dùng {objection_hours}."),
    ),
    Need(
        "contact",
        lambda whole: bool({"company.phone", "company.email"} & whole.names),
        lambda: _("Chưa nói cách liên hệ Bên A: hãy dùng {company.phone} hoặc {company.email}."),
    ),
    Need(
        "damage",
        _says("hư hại"),
        lambda: _("Thiếu điều về hư hại và bồi thường: quầy không thu được khoản mà hợp đồng không nói."),
    ),
    Need(
        "offences",
        _says("vi phạm giao thông", "phạt nguội"),
        lambda: _(
            "Thiếu điều về vi phạm giao thông: phạt đến sau khi trả xe cần có căn cứ để chuyển cho người lái."
        ),
    ),
    Need(
        "personal_data",
        _says("dữ liệu cá nhân"),
        lambda: _(
            "Thiếu điều về dữ liệu cá nhân: luật buộc nói dùng dữ liệu để làm gì và người thuê có quyền gì."
        ),
    ),
    Need(
        "electronic",
        _says("thông điệp dữ liệu"),
        lambda: _("Thiếu điều về hợp đồng điện tử: hãy nói hợp đồng được lập dưới dạng thông điệp dữ liệu."),
    ),
    Need(
        "prevailing",
        _says("bản tiếng việt được áp dụng", "bản tiếng việt được ưu tiên", "tiếng việt có giá trị"),
        lambda: _(
            "Chưa nói bản nào được áp dụng khi hai ngôn ngữ khác nhau: hãy viết “bản tiếng Việt được áp dụng”."
        ),
    ),
    Need(
        "disputes",
        _says("tranh chấp"),
        lambda: _("Thiếu điều về giải quyết tranh chấp."),
    ),
)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)


def _broken(articles: Sequence[ArticleWords]) -> Iterable[str]:
    """Speak of faults that a form would have refused: drafts are made from older wordings too."""
    for article in articles:
        for fault in faults_of(article):
            yield f"{article.heading_vi}: {fault.message}"


def _order(articles: Sequence[ArticleWords]) -> Iterable[str]:
    blocks = [article.block for article in articles if article.block]
    twice = sorted({block for block in blocks if blocks.count(block) > 1})
    for block in twice:
        yield _("Bảng “%(block)s” xuất hiện hai lần. Hãy giữ một.") % {"block": TemplateBlock(block).label}
    if TemplateBlock.PARTIES in blocks and articles[0].block != TemplateBlock.PARTIES:
        yield _("Điều có bảng các bên phải đứng đầu: nó là phần mở đầu và không mang số.")


def _references(articles: Sequence[ArticleWords]) -> Iterable[str]:
    """Compare the numbers of articles and clauses that the words name with those that will be printed."""
    numbered = [article for article in articles if article.block != TemplateBlock.PARTIES]
    counts = {number: len(paragraphs(article.text_vi)) for number, article in enumerate(numbered, start=1)}
    for article in articles:
        for vi, en in zip(paragraphs(article.text_vi), paragraphs(article.text_en), strict=False):
            named_vi, named_en = references_in(vi, VI_REFERENCE), references_in(en, EN_REFERENCE)
            for number, clause in sorted(named_vi | named_en):
                if number not in counts or clause > counts[number]:
                    name = f"{number}.{clause}" if clause else str(number)
                    yield _("%(heading)s: nói đến Điều hoặc khoản %(name)s, mà bản này không có.") % {
                        "heading": article.heading_vi,
                        "name": name,
                    }
            if named_vi != named_en:
                yield _(
                    "%(heading)s: hai ngôn ngữ dẫn chiếu các điều khác nhau. Hãy xem lại đoạn “%(start)s…”."
                ) % {
                    "heading": article.heading_vi,
                    "start": vi[:40],
                }


def references_in(text: str, pattern: re.Pattern[str]) -> set[tuple[int, int]]:
    """Return the (article, clause) that a text names; clause 0 is the whole article."""
    found = set()
    for match in pattern.finditer(text):
        parts = [*match.groups(), None, None][:4]
        for number, clause in (parts[:2], parts[2:]):
            if number:
                found.add((int(number), int(clause or 0)))
    return found
