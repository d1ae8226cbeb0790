"""Every write of synchronisation: taking in, applying, deciding, forgetting."""

from rentals.sync.services.applying import settle_all, settle_with_file, try_waiting
from rentals.sync.services.epoch import begin_new_epoch, current_epoch
from rentals.sync.services.files import file_of, keep_whole, put_piece
from rentals.sync.services.receiving import Result, receive, result_of

__all__ = [
    "Result",
    "begin_new_epoch",
    "current_epoch",
    "file_of",
    "keep_whole",
    "put_piece",
    "receive",
    "result_of",
    "settle_all",
    "settle_with_file",
    "try_waiting",
]
