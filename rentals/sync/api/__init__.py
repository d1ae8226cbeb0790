"""What the tablet app speaks with: sessions, commands, and files in pieces. JSON always, never a redirect."""
