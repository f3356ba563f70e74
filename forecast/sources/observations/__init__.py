"""Readers of what networks measured: hourly releases, station files, daily city files."""
