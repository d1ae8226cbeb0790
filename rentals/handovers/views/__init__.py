"""Pages of the station tablet, and the photos of an inspection."""
