"""To the model grid: meteorology, emissions and boundaries, and what has to be diagnosed."""
