"""The business process: price, book, contract, hand over, return, settle."""
