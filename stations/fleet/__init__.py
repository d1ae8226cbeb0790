"""Vehicle models, vehicles, their condition."""
