"""Statistics that learn from observations: features, estimators, calibration, trajectories."""
