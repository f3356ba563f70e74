"""Observations into the state from which members begin: which weight, how far, on what."""
