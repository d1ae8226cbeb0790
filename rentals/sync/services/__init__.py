"""Every write of synchronisation: taking in, applying, deciding, forgetting."""

from rentals.sync.services.applying import settle_all, settle_with_file, try_waiting
from rentals.sync.services.epoch import begin_new_epoch, current_epoch
from rentals.sync.services.files import file_of, keep_whole, put_piece
from rentals.sync.services.forgetting import forget_settled
from rentals.sync.services.paper import record_paper
from rentals.sync.services.receiving import Result, receive, result_of
from rentals.sync.services.resolving import keep_rejected, pass_over, resolve

__all__ = [
    "Result",
    "begin_new_epoch",
    "current_epoch",
    "file_of",
    "forget_settled",
    "keep_rejected",
    "keep_whole",
    "pass_over",
    "put_piece",
    "receive",
    "record_paper",
    "resolve",
    "result_of",
    "settle_all",
    "settle_with_file",
    "try_waiting",
]
