"""The chemical transport model: one tile's state, the processes that change it, and their order."""
