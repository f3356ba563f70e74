"""From trajectories of the daily AQI to warning levels and their probabilities."""
