"""Print what one cell of the inventory emits, for configs/boxes/emissions_jinan.yaml.

    python -m tools.make_box_emissions [LONGITUDE LATITUDE]

The cell is that of the domain `shandong_27km`, the mechanism CB6r3, since what CB05 lacks stands
under `may_lack` of the file. Plants and soils are not in the inventory; they are written by hand.
"""

import sys
import textwrap
from datetime import UTC, datetime

import numpy as np

from forecast.chemistry.composition import Composition, read_composition
from forecast.config.load import project_path, resolve
from forecast.fields.arrays import Float
from forecast.fields.inventory import SECTORS, Inventory
from forecast.grid.domain import Domain
from forecast.grid.land import season_of
from forecast.grid.regions import read_regions
from forecast.grid.static import build_static
from forecast.prepare.emissions import area_emission
from forecast.prepare.plants import group_stacks
from forecast.prepare.speciation import speciate
from forecast.prepare.spread import POWER, spread_provinces
from forecast.prepare.temporal import month_rate
from forecast.prepare.trend import scale_to_year
from forecast.sources.emissions.inventory import read_inventory

JINAN = 117.0, 36.65
HEIGHTS = {"power": 400, "industry": 50}
"""m above ground; others emit at the ground."""
MECHANISM = "configs/mechanisms/cb6r3.yaml"
GRAMS, HOURS, YEAR = 1.0e9, 8760.0, 365 * 86400.0
"""g in a kt, h and s in a year."""


def cell_emission(
    inventory: Inventory, composition: Composition, longitude: float, latitude: float
) -> Float:
    """Mean of the year, (nsector, nspecies): gases in mol km-2 h-1, particles in g km-2 h-1."""
    options = resolve()
    domain = Domain.from_config(options.domain)
    provinces = project_path(options.places.province_boundaries)
    static = build_static(
        domain,
        project_path(options.places.static_folder),
        season=season_of(datetime(2022, 1, 10, tzinfo=UTC)),
        provinces=provinces,
    )
    year = options.emissions.year
    totals = scale_to_year(inventory.totals, inventory.trend, year)
    annual = speciate(totals, inventory.speciation, inventory.organics, composition.table).annual
    spread, _ = spread_provinces(inventory, domain, static, read_regions(provinces))
    groups = group_stacks(inventory, domain, year)
    row, column = domain.horizontal.cell_of(longitude, latitude)
    here = area_emission(annual, spread, domain)[:, :, row, column].copy()
    stacks = groups.share @ (annual[:, POWER] * spread.listed[:, None])
    here[POWER] += stacks[(groups.row == row) & (groups.column == column)].sum(axis=0)
    here *= GRAMS / HOURS / (domain.horizontal.cell_area[row, column] * 1e-6)
    gases = len(composition.gas.species)
    here[:, :gases] /= [1e3 * species.molar_mass for species in composition.gas.species]
    return here


def main() -> None:
    """Print the sectors."""
    place = [float(text) for text in sys.argv[1:3]] or list(JINAN)
    inventory = read_inventory(project_path(resolve().emissions.inventory))
    composition = read_composition(
        project_path(MECHANISM),
        (project_path("configs/mechanisms/haze.yaml"),),
        project_path("configs/aerosol.yaml"),
    )
    emission = cell_emission(inventory, composition, *place)
    for number, sector in enumerate(SECTORS):
        months = [month_rate(inventory.profiles, 2022, m)[number] * YEAR for m in range(1, 13)]
        print(f"  {sector}:\n    height: {HEIGHTS.get(sector, 0)}")
        print(_series("month", np.array(months), "{:.3g}"))
        print(_series("hour", inventory.profiles.hour[number], "{:.3f}"))
        values = zip(composition.table.names, emission[number], strict=True)
        rates = [f"{_quoted(name)}:\0{value:.4g}" for name, value in values if value > 0.0]
        print("    rates:\n" + _wrapped("{" + ", ".join(rates) + "}", 6))


def _series(name: str, values: Float, form: str) -> str:
    text = ", ".join(form.format(value) for value in values)
    return _wrapped(f"{name}:\0[{text}]", 4)


def _wrapped(text: str, indent: int) -> str:
    lines = textwrap.fill(
        text, 100, initial_indent=" " * indent, subsequent_indent=" " * (indent + 2)
    )
    return lines.replace("\0", " ")


def _quoted(name: str) -> str:
    return '"NO"' if name == "NO" else name


if __name__ == "__main__":
    main()
