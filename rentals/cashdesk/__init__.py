"""The cash drawer of a station: its pages, and who is told of its differences."""
