"""What plants, soils, dry ground and the sea emit, hour by hour, from weather and land use."""

from forecast.prepare.natural.emissions import natural_emissions, of_species
from forecast.prepare.natural.tables import NaturalTables, read_tables

__all__ = ["NaturalTables", "natural_emissions", "of_species", "read_tables"]
