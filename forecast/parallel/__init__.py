"""Ranks: who owns what, how halos are exchanged, and what stands in for MPI where there is none."""
