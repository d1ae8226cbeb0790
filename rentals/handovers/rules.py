"""The counter's times: the market's defaults of the trade."""

from datetime import timedelta

# A renter may come half an hour early.
EARLIEST = timedelta(minutes=30)
# So long may a renter object to a settlement.
OBJECTION_TIME = timedelta(hours=48)
