"""Identity and licence documents, their review, and eligibility."""
