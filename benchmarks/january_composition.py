"""Gases and PM2.5 composition of the default case beside what winters of the region are known for.

`python -m benchmarks.january_composition runs/2021-12-31T16` needs a finished run and nothing else.
Concentrations and shares are means over the cities' own cells, hours and members. Acidity, HONO and
radicals are not products: they come from checkpoints, so from a run with

    python -m forecast run --case january_2022 --set ensemble.members=1
        --set workflow.checkpoint_hours=6 --set workflow.keep_checkpoints=40

and are left out, by name, where a run has no checkpoint at noon and midnight. Published ranges and
their limits are discussed in docs/science/january_2022.md. The last line is one JSON object.
"""

import json
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray as xr

from benchmarks.january import COAST, INLAND
from forecast.chemistry.composition import Composition, read_composition
from forecast.common.constants import MOLAR_MASS_AIR
from forecast.config.load import project_path, read_resolved
from forecast.config.root import Configuration
from forecast.fields.arrays import Float
from forecast.grid.horizontal import LambertGrid
from forecast.grid.overlap import CityWeights
from forecast.storage.restart import complete_restarts, read_restart

PARTS = ("so4", "no3", "nh4", "ec", "oc", "soa", "other_pm25", "dust", "sea_salt")
GASES = ("pm25", "pm10", "so2", "no2", "no", "co", "o3", "nh3")
LOCAL = 8
"""Hours of local time beyond UTC."""
AIR = 2.66e19
"""Molecules cm-3 of air at 1020 hPa and 278 K."""
MEMBER = "m00"


class Published(NamedTuple):
    """What is found in winters of the region; the sources are in the document.

    Attributes:
        low: Lower end.
        high: Upper end.
        source: Key of the document's list.
    """

    low: float
    high: float
    source: str


PUBLISHED = {
    "pm25": Published(50.0, 120.0, "jinan2017, rural2022"),
    "pm10": Published(61.0, 110.0, "scaled"),
    "so2": Published(11.0, 17.0, "scaled; quarter2022"),
    "no2": Published(22.0, 41.0, "scaled; quarter2022"),
    "co": Published(0.8, 1.4, "scaled"),
    "nh3": Published(5.0, 20.0, "beijing2016; memory"),
    "o3_highest_hour": Published(40.0, 61.0, "beijing2014; shandong2014"),
    "o3_lowest_hour": Published(4.0, 16.0, "beijing2014"),
    "so4 %": Published(8.0, 17.0, "pingyin2019; care"),
    "no3 %": Published(20.0, 33.0, "pingyin2019; xinglong2019"),
    "nh4 %": Published(7.0, 15.0, "pingyin2019; care"),
    "ions %": Published(23.0, 61.0, "liaocheng2021; beijing2021"),
    "organic %": Published(18.0, 34.0, "rural2022; pingyin2019; care"),
    "ec %": Published(4.0, 5.0, "rural2022; care"),
    "soa / organic %": Published(39.0, 77.0, "beijing2015; xinglong2019"),
    "no3 / so4": Published(1.6, 3.0, "pingyin2019; beijing2017; memory"),
    "sulfur oxidised": Published(0.16, 0.44, "pingyin2019"),
    "nitrogen oxidised": Published(0.09, 0.33, "pingyin2019"),
    "pH": Published(3.8, 5.4, "henan2018; beijing2017"),
    "HONO, ppb": Published(1.0, 2.4, "shijiazhuang2020"),
    "OH noon, 1e6 cm-3": Published(1.0, 8.0, "beijing2016"),
    "HO2 noon, 1e8 cm-3": Published(0.2, 1.5, "beijing2016"),
}
"""ug m-3 (gases at 298.15 K and 1013.25 hPa), CO mg m-3, shares of PM2.5 in %."""


class Cities:
    """Means over cities of a run."""

    def __init__(self, run: Path) -> None:
        """Read the settings and the weights of a run."""
        self.run = run
        self.settings: Configuration = read_resolved(run / "config.yaml")
        grid = LambertGrid.from_config(self.settings.domain)
        self._weights = CityWeights.load(run / "prepared" / "city_weights.npz", grid)
        self.groups = {
            "all": list(range(len(self._weights.cities))),
            "inland": [self._weights.cities.index(city) for city in INLAND],
            "coast": [self._weights.cities.index(city) for city in COAST],
        }

    def mean(self, field: Float, group: str) -> Float:
        """Average (..., ny, nx) over the cities of a group: (...)."""
        chosen: Float = self._weights.mean(field)[..., self.groups[group]].mean(axis=-1)
        return chosen


def products(cities: Cities, group: str) -> dict[str, float]:
    """Concentrations, shares and ratios from the hourly fields of a run."""
    with xr.open_dataset(cities.run / "ensemble.nc") as file:
        hours = (file["time"].dt.hour.to_numpy() + LOCAL) % 24
        series = {
            name: cities.mean(file[f"{name}_mean"].to_numpy(), group)
            for name in (*GASES, *PARTS, "water")
        }
    found = {name: float(series[name].mean()) for name in (*GASES, "water")}
    cycle = [series["o3"][hours == hour].mean() for hour in range(24)]
    found["o3_highest_hour"], found["o3_lowest_hour"] = float(max(cycle)), float(min(cycle))
    mass = {name: float(series[name].mean()) for name in PARTS}
    total = sum(mass.values())
    share = {name: 100.0 * value / total for name, value in mass.items()}
    found |= {f"{name} %": value for name, value in share.items()}
    found["parts / pm25"] = total / found["pm25"]
    found["ions %"] = share["so4"] + share["no3"] + share["nh4"]
    found["organic %"] = share["oc"] + share["soa"]
    found["soa / organic %"] = 100.0 * share["soa"] / found["organic %"]
    found["no3 / so4"] = mass["no3"] / mass["so4"]
    sulfate, nitrate = mass["so4"] / 96.06, mass["no3"] / 62.00
    found["sulfur oxidised"] = sulfate / (sulfate + found["so2"] / 64.06)
    found["nitrogen oxidised"] = nitrate / (nitrate + found["no2"] / 46.01)
    return found


def _composition(settings: Configuration) -> Composition:
    chemistry = settings.chemistry
    extensions = tuple(project_path(path) for path in chemistry.extension_files)
    return read_composition(
        project_path(chemistry.mechanism), extensions, project_path(chemistry.aerosol_file)
    )


def checkpoints(cities: Cities, group: str) -> dict[str, float]:
    """Acidity, HONO and radicals in the lowest layer; empty without checkpoints every 6 hours."""
    settings = cities.settings
    start = settings.forecast.spin_up_hours
    paths = complete_restarts(cities.run / "restart", MEMBER)
    states = {lead - start: path for lead, path in paths.items() if lead >= start}
    noons = [path for lead, path in states.items() if lead % 24 == 12]
    if not noons:
        return {}
    composition = _composition(settings)
    gases = composition.gas.species
    whole = slice(None)

    def surface(path: Path) -> dict[str, Float]:
        layer = read_restart(path, whole, whole).mixing_ratio[:, 0].astype(float)
        air = MOLAR_MASS_AIR * 1e9
        parts = {g.name: layer[k] / g.molar_mass * air for k, g in enumerate(gases)}
        aerosol = {a.name: layer[len(gases) + k] for k, a in enumerate(composition.aerosol)}
        acid = aerosol["AHP"] / 1.00784e-3 / np.maximum(aerosol["AH2O"], 1e-20)
        parts["pH"] = -np.log10(np.maximum(acid, 1e-12))
        return parts

    every = [surface(path) for path in states.values()]
    bright = [surface(path) for path in noons]

    def average(fields: list[dict[str, Float]], name: str) -> float:
        return float(np.mean([cities.mean(field[name], group) for field in fields]))

    return {
        "pH": average(every, "pH"),
        "HONO, ppb": average(every, "HONO"),
        "HNO3, ppb": average(every, "HNO3"),
        "H2O2 noon, ppb": average(bright, "H2O2"),
        "PAN noon, ppb": average(bright, "PAN"),
        "OH noon, 1e6 cm-3": average(bright, "OH") * 1e-9 * AIR / 1e6,
        "HO2 noon, 1e8 cm-3": average(bright, "HO2") * 1e-9 * AIR / 1e8,
    }


def verdict(value: float, published: Published) -> str:
    """Say on which side of a published range a value lies."""
    if value < published.low:
        return "below"
    return "above" if value > published.high else "within"


def main() -> int:
    """Print the comparison."""
    cities = Cities(Path(sys.argv[1] if len(sys.argv) > 1 else "runs/2021-12-31T16"))
    table = {group: products(cities, group) for group in cities.groups}
    for group, row in table.items():
        row.update(checkpoints(cities, group))
    rows = {}
    for name, value in table["all"].items():
        known = PUBLISHED.get(name)
        values = "".join(f"{table[group][name]:10.3g}" for group in table)
        text = f"{known.low:g} to {known.high:g}: {verdict(value, known)}" if known else ""
        print(f"{name:22s}{values}   {text}")
        rows[name] = {group: round(table[group][name], 4) for group in table}
    missing = [name for name in PUBLISHED if name not in table["all"]]
    if missing:
        print(f"no checkpoints at noon, so without {', '.join(missing)}")
    print(json.dumps({"missing": missing, **rows}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
