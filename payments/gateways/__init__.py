"""One package per payment provider, behind one interface."""
