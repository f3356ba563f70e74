"""Compiled loops of the transport model on plain arrays; numpy, numba and math only."""
