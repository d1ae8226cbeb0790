"""Roles and permission predicates."""
