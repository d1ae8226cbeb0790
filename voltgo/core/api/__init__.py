"""What every API view shares: problem documents, pages, throttles, session sign-in."""
