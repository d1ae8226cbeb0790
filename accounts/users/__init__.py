"""The user, their profile, sign-up and sign-in."""
