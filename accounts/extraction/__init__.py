"""Reading identity papers: from a photograph to fields with source and confidence. Knows no database."""
