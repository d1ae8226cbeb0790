"""The inbox of what providers tell us: signatures, repetition, answers."""
