"""Readers of emission inventories: tables of totals, trends, plants, profiles and land use."""

from forecast.sources.emissions.inventory import read_inventory

__all__ = ["read_inventory"]
