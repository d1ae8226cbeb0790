"""What can go wrong with a seal. None of it is for people's eyes: a job tries again, an operator reads the log."""


class CannotSeal(Exception):
    """A document was not sealed."""


class SealKeyUnfit(CannotSeal):
    """The key, its certificate or their settings do not do; trying again is no use before somebody changes them."""


class SealKeyAway(CannotSeal):
    """The service that holds the key does not answer; a later try may do."""
