"""The kernel: what every app needs and that knows no app."""
