"""Ensemble air-quality forecasting and heavy-pollution warning for Shandong province."""

__version__ = "0.1.0"
