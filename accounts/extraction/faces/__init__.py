"""Comparing a selfie with the portrait on a paper: a paid service, an optional local engine, or a person."""
