"""Chemistry: the mechanism file, and the simple scheme of the first forecasts."""
