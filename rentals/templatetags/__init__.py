"""Template tags of the rental pages."""
