"""Compiled reactions on plain arrays."""
