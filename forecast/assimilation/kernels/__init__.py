"""Compiled loops of the assimilation."""
