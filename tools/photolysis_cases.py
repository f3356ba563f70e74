"""Columns and points at which TUV-x is asked for photolysis rates, beside those of the table."""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from forecast.chemistry.photolysis import CLOUD_ASYMMETRY
from forecast.config.photolysis import RateList
from forecast.config.yaml_file import read_model
from tools.tuvx_column import SKY, Float, Haze, TuvxColumn

LAYERS = np.array(
    [0.0, 0.042, 0.11, 0.21, 0.37, 0.58, 0.85, 1.2, 1.63, 2.2, 2.9, 3.8, 5.1, 6.8, 9.1, 12.1, 16.2]
)
"""Layers of the columns, km above ground."""
PARTS = 10
"""Parts of a layer, over which TUV-x is averaged."""
MIE_ASYMMETRY, MIE_EXPONENT = 0.65, 1.3
"""Of particles in these columns."""


@dataclass(frozen=True)
class Case:
    """A column to compute.

    Attributes:
        zenith: Degrees.
        ozone: DU.
        albedo: Of the ground.
        ground: km above sea level.
        warmer: K.
        cloud: Optical depth of layers, (nz,).
        particles: The same at 550 nm.
        scattered: Single scattering albedo of particles.
    """

    zenith: float
    ozone: float
    albedo: float
    ground: float
    warmer: float
    cloud: Float
    particles: Float
    scattered: float


class Rates:
    """Rates by the names that mechanisms use, from reactions of TUV-x."""

    def __init__(self, path: Path) -> None:
        """Read the list of rates."""
        content = read_model(path, RateList, "list of photolysis rates")
        self.names = tuple(content.rates)
        self.entries = content.rates
        terms = [entry.terms for entry in content.rates.values()]
        self.reactions = tuple(sorted({name for each in terms for name in each}))
        self.factors = np.array(
            [[each.get(name, 0.0) for name in self.reactions] for each in terms]
        )
        self.own = {
            name: (entry.cross_section_of, entry.quantum_yield)
            for name, entry in content.own.items()
        }

    def column(self, heights: Float = SKY, warmer: float = 0.0) -> TuvxColumn:
        """Build a column of TUV-x that knows the reactions."""
        return TuvxColumn(self.reactions, self.own, heights, warmer)

    def at(self, column: TuvxColumn, zenith: float) -> Float:
        """Rates at the interfaces of a column, (rate, interface)."""
        rates: Float = self.factors @ column.rates(zenith)
        return rates


def random_cases(seed: int, number: int) -> list[Case]:
    """Draw columns: clear, hazy, cloudy and both; the ground mostly low, the sun mostly up."""
    rng = np.random.default_rng(seed)
    middle = 0.5 * (LAYERS[1:] + LAYERS[:-1])
    cases = []
    for index in range(number):
        kind = index % 4
        top = rng.uniform(0.3, 2.5)
        haze = np.where(middle < top, np.diff(LAYERS), 0.0)
        haze *= rng.choice([0.3, 1.0, 2.0, 4.0]) / haze.sum() if kind in (1, 3) else 0.0
        base = rng.uniform(0.3, 8.0)
        layer = (middle > base) & (middle < base + rng.uniform(0.5, 3.0))
        layer[np.argmin(np.abs(middle - base))] = True
        cloud = np.where(layer, np.diff(LAYERS), 0.0)
        cloud *= rng.choice([1.0, 5.0, 20.0, 60.0]) / cloud.sum() if kind in (2, 3) else 0.0
        cases.append(
            Case(
                zenith=float(rng.choice([rng.uniform(10.0, 75.0), rng.uniform(75.0, 88.0)])),
                ozone=float(rng.uniform(240.0, 420.0)),
                albedo=float(rng.uniform(0.02, 0.3)),
                ground=float(rng.choice([0.0, rng.uniform(0.0, 2.0)])),
                warmer=float(rng.uniform(-20.0, 12.0)),
                cloud=cloud,
                particles=haze,
                scattered=float(rng.uniform(0.85, 0.99)),
            )
        )
    return cases


def interfaces(ground: float) -> Float:
    """Heights for TUV-x: the layers of the case in parts, standard layers above, km."""
    inside = [np.linspace(a, b, PARTS + 1)[:-1] for a, b in zip(LAYERS, LAYERS[1:], strict=False)]
    heights = np.append(np.concatenate(inside), LAYERS[-1]) + ground
    return np.concatenate([heights, SKY[heights[-1] + 0.1 < SKY]])


def tuvx_layers(rates: Rates, case: Case) -> tuple[Float, Float, Float]:
    """Rates of layers by TUV-x, with the air that they hold for.

    Returns:
        Rates, s-1, (rate, nz); temperature of layers, K; pressure of their interfaces, Pa.
    """
    column = rates.column(interfaces(case.ground), case.warmer)
    nz = LAYERS.size - 1
    parts = nz * PARTS
    column.set_ozone(case.ozone)
    column.set_albedo(case.albedo)

    def spread(depth: Float) -> Float:
        fine = np.zeros(column.heights.size - 1)
        fine[:parts] = np.repeat(depth / PARTS, PARTS)
        return fine

    particles = Haze(spread(case.particles), case.scattered, MIE_ASYMMETRY, MIE_EXPONENT)
    column.set_haze("particles", particles)
    column.set_haze("cloud", Haze(spread(case.cloud), 0.999999, CLOUD_ASYMMETRY, 0.0))
    values = rates.at(column, case.zenith)[:, : parts + 1]
    middles = 0.5 * (values[:, 1:] + values[:, :-1])
    layers = middles.reshape(len(rates.names), nz, PARTS).mean(axis=2)
    temperature = column.temperature[PARTS // 2 : parts : PARTS]
    return layers, temperature, column.pressure[: parts + 1 : PARTS]


def clear_points(rates: Rates, number: int) -> dict[str, Float]:
    """Points of clear air between those of the table, with the rates of TUV-x."""
    rng = np.random.default_rng(11)
    zenith = np.where(
        rng.random(number) < 0.7, rng.uniform(0, 80, number), rng.uniform(80, 94, number)
    )
    ozone, albedo = rng.uniform(200.0, 480.0, number), rng.uniform(0.0, 0.8, number)
    height = np.where(
        rng.random(number) < 0.6, rng.uniform(0, 2, number), rng.uniform(2, 16, number)
    )
    values = np.empty((number, len(rates.names)))
    for i in range(number):
        heights = np.unique(np.append(SKY, height[i]))
        column = rates.column(heights)
        column.set_ozone(ozone[i])
        column.set_albedo(albedo[i])
        values[i] = rates.at(column, zenith[i])[:, np.searchsorted(heights, height[i])]
    return {
        "zenith": zenith, "ozone": ozone, "albedo": albedo, "height": height * 1000.0,
        "rate": values,
    }  # fmt: skip


def stacked(cases: list[Case]) -> dict[str, Float]:
    """Turn cases into arrays by field, (case, …)."""
    return {
        field.name: np.array([getattr(case, field.name) for case in cases])
        for field in fields(Case)
    }
