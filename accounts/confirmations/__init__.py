"""One-time codes: proof that a person has their telephone or mailbox at hand right now."""
