"""The words by which people agree to sign electronically. The evidence keeps their hash, the document prints them."""

import hashlib

# Whoever changes a word changes the version: the hashes in the evidence then name the new words.
VERSION = "2026-11"
WORDS = {
    "vi": (
        "Tôi đã đọc hợp đồng và đồng ý ký bằng phương tiện điện tử. Tôi hiểu rằng nét ký hoặc tên tôi gõ, cùng mã xác "
        "nhận nếu có, là cách tôi xác nhận đồng ý; đó không phải là chữ ký số. VoltGo lưu thời điểm, địa chỉ IP và "
        "thiết bị của tôi làm bằng chứng, và đóng chữ ký số của công ty lên bản đã ký."
    ),
    "en": (
        "I have read the agreement and agree to sign it by electronic means. I understand that my drawn or typed "
        "signature, with the confirmation code if there is one, is how I confirm my consent; it is not a digital "
        "signature. VoltGo keeps the time, the IP address and my device as evidence, and puts the company's digital "
        "signature on the signed copy."
    ),
}


def words() -> dict[str, str]:
    """Return the words in both languages."""
    return dict(WORDS)


def words_sha256() -> str:
    """Return the hash of the words in both languages, which stand side by side wherever somebody agrees."""
    text = f"{VERSION}\n{WORDS['vi']}\n{WORDS['en']}"
    return hashlib.sha256(text.encode()).hexdigest()
