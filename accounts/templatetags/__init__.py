"""Tags of the pages about people's papers."""
