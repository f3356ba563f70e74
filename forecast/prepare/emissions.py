"""From an inventory's tables to the emissions of a run: scale, speciate, spread, time, height.

The mass of the tables is kept: what a province emits is on the grid or, with the part of the
province that lies there, outside; `EmissionTable` says how much of each.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecast.common.degradation import Degradation
from forecast.common.errors import ModelError
from forecast.config.emissions import EmissionsConfig
from forecast.fields.arrays import Float
from forecast.fields.emissions import EmissionSet, PointSources
from forecast.fields.inventory import SECTORS, Inventory, LayerProfiles
from forecast.fields.meteorology import MeteorologySeries
from forecast.fields.species import SpeciesTable
from forecast.grid.domain import Domain
from forecast.grid.regions import Region
from forecast.grid.static import StaticFields
from forecast.grid.vertical import HybridLevels
from forecast.prepare.emission_table import EmissionTable
from forecast.prepare.plants import StackGroups, air_over, group_stacks
from forecast.prepare.plume_rise import final_rise, layer_fractions
from forecast.prepare.speciation import speciate
from forecast.prepare.spread import POWER, Spread, spread_provinces
from forecast.prepare.temporal import local_month, month_rate, time_factors
from forecast.prepare.trend import scale_to_year

_KILOTONNE = 1e6
"""kg."""
_CLOSURE = 1e-9
"""Largest relative difference between the tables and the grid that rounding explains."""


@dataclass(frozen=True)
class Place:
    """Where emissions go.

    Attributes:
        domain: Cells and layers.
        static: Population, land use and provinces of the cells.
        regions: Province polygons.
    """

    domain: Domain
    static: StaticFields
    regions: Sequence[Region]


def prepare_emissions(
    inventory: Inventory,
    place: Place,
    meteorology: MeteorologySeries,
    species: SpeciesTable,
    options: EmissionsConfig,
) -> tuple[EmissionSet, EmissionTable, list[Degradation]]:
    """Build the emissions of every hour of the meteorology.

    Args:
        inventory: All tables, as `forecast.sources.emissions.read_inventory` gives them.
        place: Domain, static fields and province polygons.
        meteorology: Hourly, for the plume rise; hours start at its times but the last.
        species: Species of the model.
        options: Year and layers.

    Returns:
        The emissions, the balance by province, sector and pollutant, and the fallbacks taken.

    Raises:
        InputError: Tables and polygons do not fit together, or the trend has a gap.
        ConfigurationError: The model lacks a species that the inventory emits.
        ModelError: The grid does not hold the mass of the tables.
    """
    totals = scale_to_year(inventory.totals, inventory.trend, options.year)
    speciated = speciate(totals, inventory.speciation, inventory.organics, species)
    spread, degradations = spread_provinces(inventory, place.domain, place.static, place.regions)
    groups = group_stacks(inventory, place.domain, options.year)

    times = meteorology.times[:-1]
    year, month = local_month(times[times.size // 2])
    rate = month_rate(inventory.profiles, year, month)
    factors = time_factors(times, inventory.profiles, year, month)
    area = area_emission(speciated.annual, spread, place.domain)
    stacks = groups.share @ (speciated.annual[:, POWER] * spread.listed[:, None])
    check_closure(speciated.annual, placed_share(spread, groups), area, stacks)

    layers = emission_layers(place.domain.levels, options.top_height)
    air = air_over(meteorology, place.domain, groups)
    release, rise = final_rise(groups.stacks, air)
    points = PointSources(
        sector=SECTORS[POWER],
        row=groups.row,
        column=groups.column,
        rate=stacks * _KILOTONNE * rate[POWER],
        time_factor=factors[:, POWER],
        layer_fraction=layer_fractions(release, rise, air.z_half, layers),
    )
    emissions = EmissionSet(
        times=times,
        sectors=SECTORS,
        species=species.names,
        area_rate=area * _KILOTONNE * rate[:, None, None, None],
        time_factor=factors,
        layer_fraction=area_layers(inventory.layers, place.domain.levels, layers),
        points=points,
        attribution=f"{inventory.attribution}; scaled to {options.year}",
    )
    placed = totals.annual * placed_share(spread, groups)[..., None]
    table = EmissionTable(totals, placed, (*groups.notes, *speciated.notes))
    return emissions, table, [fallback.announce() for fallback in degradations]


def area_emission(annual: Float, spread: Spread, domain: Domain) -> Float:
    """Spread what no listed unit stands for, kt a year, (nsector, nspecies, ny, nx)."""
    cells = np.empty((len(SECTORS), annual.shape[2], *domain.horizontal.shape))
    for s, weights in enumerate(spread.weights):
        amount = annual[:, s] * (1.0 - spread.listed[:, None]) if s == POWER else annual[:, s]
        cells[s] = (weights.T @ amount).T.reshape(cells.shape[1:])
    return cells


def placed_share(spread: Spread, groups: StackGroups) -> Float:
    """Share of each province's total that is on the grid, (nprovince, nsector)."""
    share = np.stack([weights.sum(axis=1) for weights in spread.weights], axis=1)
    units = groups.share.sum(axis=0)
    share[:, POWER] = share[:, POWER] * (1.0 - spread.listed) + units * spread.listed
    return np.asarray(share)


def check_closure(annual: Float, placed: Float, area: Float, stacks: Float) -> None:
    """Compare what is on the grid with what the tables place there, species by species.

    Args:
        annual: kt a year, (nprovince, nsector, nspecies).
        placed: Share of each total that belongs on the grid, (nprovince, nsector).
        area: kt a year, (nsector, nspecies, ny, nx).
        stacks: kt a year, (npoint, nspecies).

    Raises:
        ModelError: They differ by more than rounding, or are not finite.
    """
    expected = np.einsum("psc,ps->c", annual, placed)
    found = area.sum(axis=(0, 2, 3)) + stacks.sum(axis=0)
    if not np.allclose(found, expected, rtol=_CLOSURE, atol=0.0):
        worst = int(np.argmax(np.abs(found - expected)))
        msg = (
            f"The grid holds '{found[worst]}' kt a year of species {worst} where the tables place "
            f"'{expected[worst]}'; look for cells that are not numbers in the static fields."
        )
        raise ModelError(msg)


def emission_layers(levels: HybridLevels, top_height: float) -> int:
    """Count the layers that start below a height in the standard atmosphere."""
    return int(np.sum(_standard_interfaces(levels)[:-1] < top_height))


def area_layers(profiles: LayerProfiles, levels: HybridLevels, layers: int) -> Float:
    """Move shares from the table's layers to the model's by height, (nsector, layers).

    Emission is even within a layer of the table; what is above the last emission layer joins it.
    """
    model = _standard_interfaces(levels)[: layers + 1].copy()
    model[-1] = np.inf
    low, high = profiles.interface[:-1, None], profiles.interface[1:, None]
    overlap = np.minimum(high, model[None, 1:]) - np.maximum(low, model[None, :-1])
    share = np.maximum(overlap, 0.0) / (high - low)
    moved = profiles.share @ share
    return np.asarray(moved / moved.sum(axis=1, keepdims=True))


def _standard_interfaces(levels: HybridLevels) -> Float:
    """Heights of layer interfaces in the ICAO standard atmosphere, m."""
    surface = np.array(101325.0)
    ratio = levels.pressure_full(surface) / surface
    temperature = np.maximum(288.15 * ratio**0.1902632, 216.65)
    return np.asarray(levels.heights(surface, temperature, np.zeros_like(temperature))[0])
