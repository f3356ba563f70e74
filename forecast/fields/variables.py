"""The variable registry: name, units, dimensions, dtype and CF name of everything in our files.

Every file that the system writes or reads back is checked against `REGISTRY` by `storage`. Output
attributes and the data dictionary in the docs come from it too.
"""

from dataclasses import dataclass
from enum import StrEnum


class Staggering(StrEnum):
    """Where on the Arakawa C grid a value sits."""

    NONE = "none"
    CENTRE = "centre"
    X_FACE = "x_face"
    Y_FACE = "y_face"
    Z_FACE = "z_face"
    CORNER = "corner"


@dataclass(frozen=True)
class Variable:
    """One entry of the registry.

    Attributes:
        name: Name in files.
        units: UDUNITS text; "1" when dimensionless, "" for text and times.
        dims: Names of the dimensions in order.
        dtype: numpy dtype name in files.
        long_name: What it is, in words.
        standard_name: CF standard name, empty when there is none.
        staggering: Position on the grid.
        restart: True when a restart needs it.
    """

    name: str
    units: str
    dims: tuple[str, ...]
    dtype: str
    long_name: str
    standard_name: str = ""
    staggering: Staggering = Staggering.CENTRE
    restart: bool = False


_YX = ("y", "x")
_TYX = ("time", "y", "x")
_TZYX = ("time", "z", "y", "x")
_POLLUTANTS = (
    ("pm25", "ug m-3", "PM2.5, dry, actual temperature and pressure",
     "mass_concentration_of_pm2p5_dry_aerosol_particles_in_air"),
    ("pm10", "ug m-3", "PM10, dry, actual temperature and pressure",
     "mass_concentration_of_pm10_dry_aerosol_particles_in_air"),
    ("so2", "ug m-3", "SO2 at 298.15 K and 1013.25 hPa",
     "mass_concentration_of_sulfur_dioxide_in_air"),
    ("no2", "ug m-3", "NO2 at 298.15 K and 1013.25 hPa",
     "mass_concentration_of_nitrogen_dioxide_in_air"),
    ("no", "ug m-3", "NO at 298.15 K and 1013.25 hPa",
     "mass_concentration_of_nitrogen_monoxide_in_air"),
    ("co", "mg m-3", "CO at 298.15 K and 1013.25 hPa",
     "mass_concentration_of_carbon_monoxide_in_air"),
    ("o3", "ug m-3", "O3 at 298.15 K and 1013.25 hPa", "mass_concentration_of_ozone_in_air"),
    ("nh3", "ug m-3", "NH3 at 298.15 K and 1013.25 hPa", "mass_concentration_of_ammonia_in_air"),
    ("so4", "ug m-3", "sulfate in PM2.5",
     "mass_concentration_of_sulfate_dry_aerosol_particles_in_air"),
    ("no3", "ug m-3", "nitrate in PM2.5",
     "mass_concentration_of_nitrate_dry_aerosol_particles_in_air"),
    ("nh4", "ug m-3", "ammonium in PM2.5",
     "mass_concentration_of_ammonium_dry_aerosol_particles_in_air"),
    ("ec", "ug m-3", "black carbon in PM2.5",
     "mass_concentration_of_elemental_carbon_dry_aerosol_particles_in_air"),
    ("oc", "ug m-3", "primary organic matter in PM2.5",
     "mass_concentration_of_primary_particulate_organic_matter_dry_aerosol_particles_in_air"),
    ("soa", "ug m-3", "secondary organic matter in PM2.5",
     "mass_concentration_of_secondary_particulate_organic_matter_dry_aerosol_particles_in_air"),
    ("other_pm25", "ug m-3", "other primary PM2.5", ""),
    ("dust", "ug m-3", "wind-blown dust in PM2.5",
     "mass_concentration_of_dust_dry_aerosol_particles_in_air"),
    ("sea_salt", "ug m-3", "sea salt in PM2.5",
     "mass_concentration_of_sea_salt_dry_aerosol_particles_in_air"),
    ("water", "ug m-3", "water of fine particles, not part of dry PM2.5",
     "mass_concentration_of_water_in_ambient_aerosol_particles_in_air"),
)  # fmt: skip
POLLUTANTS = tuple(row[0] for row in _POLLUTANTS)
"""Names of the hourly surface fields that a member may write, in the order of its output; it writes
those that its species make."""

_INDEXED = ("pm25", "pm10", "so2", "no2", "co", "o3")
PERCENTILES = (10, 50, 90)
"""Percentiles over the members that gridded products carry."""

_ENTRIES = (
    # --- coordinates
    Variable("time", "", ("time",), "datetime64[s]", "time, UTC", "time", Staggering.NONE),
    Variable("x", "m", ("x",), "float64", "distance east of the projection's origin",
             "projection_x_coordinate"),
    Variable("y", "m", ("y",), "float64", "distance north of the projection's origin",
             "projection_y_coordinate"),
    Variable("species", "", ("species",), "str", "name of the species", "", Staggering.NONE),
    Variable("sector", "", ("sector",), "str", "name of the emission sector", "", Staggering.NONE),
    Variable("member", "", ("member",), "str", "name of the ensemble member", "realization",
             Staggering.NONE),
    Variable("city", "", ("city",), "str", "English name of the city", "", Staggering.NONE),
    Variable("latitude", "degrees_north", _YX, "float64", "latitude of cell centres", "latitude"),
    Variable("longitude", "degrees_east", _YX, "float64", "longitude of cell centres",
             "longitude"),
    # --- static
    Variable("a_half", "Pa", ("z_half",), "float64", "hybrid coefficient a of layer interfaces",
             "", Staggering.Z_FACE),
    Variable("b_half", "1", ("z_half",), "float64", "hybrid coefficient b of layer interfaces",
             "", Staggering.Z_FACE),
    Variable("cell_area", "m2", _YX, "float64", "area of cells", "cell_area"),
    Variable("land_use", "1", ("land_class", "y", "x"), "float32",
             "share of each class of land use"),
    Variable("land_fraction", "1", _YX, "float32", "share of land", "land_area_fraction"),
    Variable("population", "1", _YX, "float64", "persons living in the cell"),
    Variable("roughness_length", "m", _YX, "float32", "roughness length for momentum",
             "surface_roughness_length"),
    Variable("terrain_height", "m", _YX, "float32", "height of the ground", "surface_altitude"),
    Variable("urban_fraction", "1", _YX, "float32", "share of built-up land"),
    # --- meteorology
    Variable("surface_pressure", "Pa", _TYX, "float32", "pressure at the ground",
             "surface_air_pressure"),
    Variable("air_temperature", "K", _TZYX, "float32", "temperature", "air_temperature"),
    Variable("specific_humidity", "1", _TZYX, "float32", "specific humidity",
             "specific_humidity"),
    Variable("cloud_area_fraction", "1", _TZYX, "float32", "cloud cover of the layer",
             "cloud_area_fraction_in_atmosphere_layer"),
    Variable("mass_flux_x", "kg s-1", ("time", "z", "y", "x_edge"), "float32",
             "air through west faces, mean of the hour that starts here", "", Staggering.X_FACE),
    Variable("mass_flux_y", "kg s-1", ("time", "z", "y_edge", "x"), "float32",
             "air through south faces, mean of the hour that starts here", "", Staggering.Y_FACE),
    Variable("air_temperature_2m", "K", _TYX, "float32", "temperature at 2 m",
             "air_temperature"),
    Variable("wind_speed_10m", "m s-1", _TYX, "float32", "wind speed at 10 m", "wind_speed"),
    Variable("friction_velocity", "m s-1", _TYX, "float32", "friction velocity"),
    Variable("inverse_obukhov_length", "m-1", _TYX, "float32",
             "inverse of the Monin-Obukhov length, positive when stable"),
    Variable("boundary_layer_height", "m", _TYX, "float32", "height of the boundary layer",
             "atmosphere_boundary_layer_thickness"),
    Variable("downwelling_shortwave", "W m-2", _TYX, "float32", "solar radiation at the ground",
             "surface_downwelling_shortwave_flux_in_air"),
    Variable("precipitation_flux", "kg m-2 s-1", _TYX, "float32", "rain and snow",
             "precipitation_flux"),
    # --- emissions
    Variable("area_rate", "kg s-1", ("sector", "species", "y", "x"), "float64",
             "emission of area sources, mean of the month"),
    Variable("time_factor", "1", ("time", "sector"), "float64",
             "share of the monthly mean rate in this hour", "", Staggering.NONE),
    Variable("layer_fraction", "1", ("sector", "z_emission"), "float64",
             "share of area sources in each layer", "", Staggering.NONE),
    Variable("point_row", "1", ("point",), "int64", "cell index to the north", "",
             Staggering.NONE),
    Variable("point_column", "1", ("point",), "int64", "cell index to the east", "",
             Staggering.NONE),
    Variable("point_rate", "kg s-1", ("point", "species"), "float64",
             "emission of stacks, mean of the month", "", Staggering.NONE),
    Variable("point_time_factor", "1", ("time",), "float64",
             "share of the monthly mean rate in this hour", "", Staggering.NONE),
    Variable("point_layer_fraction", "1", ("time", "point", "z_emission"), "float32",
             "share of the plume in each layer", "", Staggering.NONE),
    Variable("natural_species", "", ("natural_species",), "str",
             "name of a species with natural emissions", "", Staggering.NONE),
    Variable("natural_rate", "kg s-1", ("time", "natural_species", "y", "x"), "float32",
             "emission of plants, soils, dry ground and the sea, mean of the hour that starts "
             "here, into the lowest layer"),
    # --- boundary and start
    Variable("boundary_west", "kg kg-1", ("time", "species", "z", "y"), "float32",
             "mixing ratio west of the domain"),
    Variable("boundary_east", "kg kg-1", ("time", "species", "z", "y"), "float32",
             "mixing ratio east of the domain"),
    Variable("boundary_south", "kg kg-1", ("time", "species", "z", "x"), "float32",
             "mixing ratio south of the domain"),
    Variable("boundary_north", "kg kg-1", ("time", "species", "z", "x"), "float32",
             "mixing ratio north of the domain"),
    Variable("initial_mixing_ratio", "kg kg-1", ("species", "z", "y", "x"), "float32",
             "mixing ratio at a cold start"),
    # --- perturbations
    Variable("emission_factor", "1", ("sector", "y", "x"), "float64", "multiplies emissions"),
    Variable("boundary_layer_factor", "1", _YX, "float64",
             "multiplies the boundary-layer height"),
    Variable("diffusivity_factor", "1", _YX, "float64", "multiplies the vertical diffusivity"),
    Variable("stream_function", "kg s-1", ("z", "y_edge", "x_edge"), "float64",
             "mass stream function of the wind perturbation", "", Staggering.CORNER),
    # --- analysis
    Variable("observed", "", ("observed",), "str", "observed pollutant", "", Staggering.NONE),
    Variable("variance_inflation", "1", ("observed", "y", "x"), "float64",
             "multiplies the members' variance before an analysis"),
    # --- state and restart
    Variable("mixing_ratio", "kg kg-1", ("species", "z", "y", "x"), "float32",
             "mass mixing ratio of each species", "", restart=True),
    Variable("air_mass", "kg", ("z", "y", "x"), "float64", "mass of air in each cell",
             restart=True),
    # --- hourly surface output of a member
    *(Variable(name, units, _TYX, "float32", text, standard)
      for name, units, text, standard in _POLLUTANTS),
    # --- ensemble on the grid, hourly
    Variable("bound", "", ("bound",), "int64", "start and end", "", Staggering.NONE),
    Variable("time_bounds", "", ("time", "bound"), "datetime64[s]",
             "start and end of the hour, UTC", "", Staggering.NONE),
    Variable("member_count", "1", ("time",), "int64", "members that cover the hour", "",
             Staggering.NONE),
    Variable("threshold", "ug m-3", ("threshold",), "float64", "hourly PM2.5 that is exceeded",
             "", Staggering.NONE),
    Variable("pm25_exceedance", "1", ("threshold", *_TYX), "float32",
             "share of members with hourly PM2.5 above the threshold"),
    *(Variable(f"{name}_mean", units, _TYX, "float32", f"ensemble mean of {text}", standard)
      for name, units, text, standard in _POLLUTANTS),
    *(Variable(f"{name}_p{percent}", units, _TYX, "float32",
               f"percentile {percent} over the members of {text}", standard)
      for name, units, text, standard in _POLLUTANTS if name in _INDEXED
      for percent in PERCENTILES),
    # --- cities, hourly
    Variable("city_code", "", ("city",), "str", "administrative code of the city", "",
             Staggering.NONE),
    Variable("city_zh", "", ("city",), "str", "Chinese name of the city", "", Staggering.NONE),
    *(Variable(f"city_{name}", units, ("member", "city", "time"), "float64",
               f"city mean of {text}", standard, Staggering.NONE)
      for name, units, text, standard in _POLLUTANTS if name in _INDEXED),
)  # fmt: skip

REGISTRY: dict[str, Variable] = {entry.name: entry for entry in _ENTRIES}
"""All variables by name."""
