"""From concentrations to the air-quality index, by a dated standard."""
