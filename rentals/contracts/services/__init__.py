"""Every write to contracts."""

from rentals.contracts.selectors import current_contract
from rentals.contracts.services.amending import (
    amend_contract,
    amend_for_change,
    amend_for_damage,
    amend_for_return,
    amend_for_swap,
    open_addendum,
    render_addendum,
)
from rentals.contracts.services.drafting import draft_contract, refresh_contract, void_contract
from rentals.contracts.services.offline import agreement_text, sign_as_shown, sign_on_paper
from rentals.contracts.services.reading import open_document
from rentals.contracts.services.rendering import (
    ensure_rendered,
    render_again,
    render_contract,
    render_signed_copy,
    revive_jobs,
)
from rentals.contracts.services.sending import send_again
from rentals.contracts.services.signing import (
    agree_and_send_code,
    code_reference,
    open_to_sign,
    sign,
)
from rentals.contracts.services.wording import arrange as arrange_articles
from rentals.contracts.services.wording import note_preview
from rentals.contracts.services.wording import publish as publish_wording
from rentals.contracts.services.wording import retire as retire_wording
from rentals.contracts.services.wording import start_draft as start_wording
from rentals.contracts.services.wording import subject_of as wording_subject

__all__ = [
    "agree_and_send_code",
    "agreement_text",
    "amend_contract",
    "amend_for_change",
    "amend_for_damage",
    "amend_for_return",
    "amend_for_swap",
    "arrange_articles",
    "code_reference",
    "current_contract",
    "draft_contract",
    "ensure_rendered",
    "note_preview",
    "open_addendum",
    "open_document",
    "open_to_sign",
    "publish_wording",
    "refresh_contract",
    "render_addendum",
    "render_again",
    "render_contract",
    "render_signed_copy",
    "retire_wording",
    "revive_jobs",
    "send_again",
    "sign",
    "sign_as_shown",
    "sign_on_paper",
    "start_wording",
    "void_contract",
    "wording_subject",
]
