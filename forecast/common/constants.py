"""Physical constants, in SI units.

Source: CODATA 2018 for the gas constant; WMO and US Standard Atmosphere (1976) values as used by
WRF and CMAQ for dry air, gravity and the radius of the spherical Earth of Lambert projections.
"""

GRAVITY = 9.80665
"""Standard gravity, m s-2."""
EARTH_RADIUS = 6370000.0
"""Radius of the spherical Earth of WRF and CMAQ projections, m."""
GAS_CONSTANT = 8.314462618
"""Molar gas constant, J mol-1 K-1."""
AVOGADRO = 6.02214076e23
"""Avogadro constant, mol-1."""
MOLAR_MASS_AIR = 0.0289644
"""Mean molar mass of dry air, kg mol-1."""
MOLAR_MASS_WATER = 0.01801528
"""Molar mass of water, kg mol-1."""
GAS_CONSTANT_AIR = GAS_CONSTANT / MOLAR_MASS_AIR
"""Specific gas constant of dry air, J kg-1 K-1."""
HEAT_CAPACITY_AIR = 1004.6
"""Specific heat of dry air at constant pressure, J kg-1 K-1."""
VON_KARMAN = 0.4
"""Von Karman constant."""
STEFAN_BOLTZMANN = 5.670374419e-8
"""Stefan-Boltzmann constant, W m-2 K-4."""
LATENT_HEAT_VAPORISATION = 2.501e6
"""Latent heat of vaporisation at 0 degrees C, J kg-1."""
FREEZING = 273.15
"""Freezing point of water, K."""
REFERENCE_PRESSURE = 101325.0
"""Pressure of the reference state of gas concentrations, Pa (GB 3095-2026)."""
REFERENCE_TEMPERATURE = 298.15
"""Temperature of the reference state of gas concentrations, K (GB 3095-2026)."""
REFERENCE_AIR_DENSITY = REFERENCE_PRESSURE / (GAS_CONSTANT_AIR * REFERENCE_TEMPERATURE)
"""Density of dry air at the reference state, kg m-3."""
