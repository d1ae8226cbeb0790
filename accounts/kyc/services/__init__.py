"""Every write about identity papers: handing in, review, expiry, erasure, and looks at images on record."""

from accounts.kyc.services.approving import ReadFields
from accounts.kyc.services.confirming import confirm_face, doubt_face
from accounts.kyc.services.ending import expire_documents, revoke_document
from accounts.kyc.services.erasing import erase_person
from accounts.kyc.services.exporting import export_person
from accounts.kyc.services.retaining import erase_old_images, keep_no_longer
from accounts.kyc.services.review import approve_document, reject_document
from accounts.kyc.services.submission import submit_document
from accounts.kyc.services.taking import let_go, take, take_next
from accounts.kyc.services.viewing import open_image, read_number

__all__ = [
    "ReadFields",
    "approve_document",
    "confirm_face",
    "doubt_face",
    "erase_old_images",
    "erase_person",
    "expire_documents",
    "export_person",
    "keep_no_longer",
    "let_go",
    "open_image",
    "read_number",
    "reject_document",
    "revoke_document",
    "submit_document",
    "take",
    "take_next",
]
