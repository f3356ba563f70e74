"""Where: horizontal grid, layers, regions, stations, overlap weights and the ground."""
