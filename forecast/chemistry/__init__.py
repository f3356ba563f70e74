"""Chemistry: mechanisms, their solver, light, particles and clouds, on groups of cells."""
