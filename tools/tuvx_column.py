"""One column of air in TUV-x, the photolysis model of NCAR, as the package musica brings it.

musica is no part of the project's environment: `pip install musica==0.17.2` beside it.
"""

import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
DOBSON = 2.6867e16
"""Molecules cm-2 of ozone in 1 DU."""
MOLECULE = 0.0289644 / 6.02214076e23
"""Mass of a molecule of air, kg."""
GRAVITY = 9.80665
REFERENCE_WAVELENGTH = 550.0
SKY = np.concatenate(
    [
        np.arange(0.0, 2.0, 0.25),
        np.arange(2.0, 5.0, 0.5),
        np.arange(5.0, 20.0, 1.0),
        np.arange(20.0, 60.0, 2.0),
        np.arange(60.0, 101.0, 5.0),
    ]
)
"""Heights of the layers of TUV-x, km."""
WARM_TOP, WARM_FADE = 20.0, 10.0
"""A change of temperature holds up to 20 km and fades to nothing at 30 km."""


@dataclass(frozen=True)
class Haze:
    """Particles or cloud.

    Attributes:
        depth: Optical depth of layers at 550 nm, (nlayer,).
        scattered: Single scattering albedo.
        asymmetry: Of scattering.
        exponent: Optical depth follows (wavelength / 550 nm) to minus this power.
    """

    depth: Float
    scattered: float
    asymmetry: float
    exponent: float


class TuvxColumn:
    """Standard atmosphere of TUV 5.4 (US Standard Atmosphere 1976) on chosen layers."""

    def __init__(
        self,
        reactions: tuple[str, ...],
        own: Mapping[str, tuple[str, float]],
        heights: Float = SKY,
        warmer: float = 0.0,
    ) -> None:
        """Build the column.

        Args:
            reactions: Names of TUV-x, or of `own`.
            own: Reactions by cross section of another and constant quantum yield.
            heights: Interfaces, km; the first is the ground.
            warmer: Difference from the standard temperature, K.
        """
        self._tuvx = importlib.import_module("musica.tuvx")
        self._standard = importlib.import_module("musica.tuvx.v54")
        self._folder = Path(str(self._tuvx.__file__)).parents[1] / "configs" / "tuvx"
        self.heights = heights
        self._grid = self._make_grid("height", "km", heights)
        self._light = self._standard.wavelength_grid()
        self.wavelength = np.array(self._light.midpoints)
        grids, profiles = self._tuvx.GridMap(), self._tuvx.ProfileMap()
        grids["height", "km"] = self._grid
        grids["wavelength", "nm"] = self._light
        self._fill(profiles, warmer)
        radiators = self._tuvx.RadiatorMap()
        for name in ("particles", "cloud"):
            radiators[name] = self._clear(name)
        self._model = self._tuvx.TUVX(
            grids, profiles, radiators, config_string=self._configuration(reactions, own)
        )
        order = self._model.photolysis_rate_names
        self._order = [order[name] for name in reactions]
        self._profiles = self._model.get_profile_map()
        self._radiators = self._model.get_radiator_map()

    def _make_grid(self, name: str, units: str, edges: Float) -> Any:
        grid = self._tuvx.Grid(name=name, units=units, num_sections=edges.size - 1)
        grid.edges = edges
        grid.midpoints = 0.5 * (edges[1:] + edges[:-1])
        return grid

    def _configuration(
        self, reactions: tuple[str, ...], own: Mapping[str, tuple[str, float]]
    ) -> str:
        text = (self._folder / "tuv_5_4.json").read_text()
        content = json.loads(text.replace('"data/', f'"{self._folder}/data/'))
        known = {entry["name"]: entry for entry in content["photolysis"]["reactions"]}
        for name, (cross_section, quantum_yield) in own.items():
            known[name] = {
                "name": name,
                "cross section": known[cross_section]["cross section"],
                "quantum yield": {"type": "base", "constant value": quantum_yield},
            }
        content["photolysis"]["reactions"] = [known[name] for name in reactions]
        del content["dose rates"]
        return json.dumps(content)

    def _fill(self, profiles: Any, warmer: float) -> None:
        """Put air, ozone, oxygen, temperature, ground and sun into the map of profiles."""
        rough = self._standard.height_grid()
        levels = np.array(rough.edges)
        for name in ("air", "O3", "O2", "temperature"):
            standard = self._standard.profile(name, rough)  # arrays below are views of it
            values = np.array(standard.edge_values)
            if name == "temperature":
                fade = np.clip((WARM_TOP + WARM_FADE - self.heights) / WARM_FADE, 0.0, 1.0)
                edges = np.interp(self.heights, levels, values) + warmer * fade
                middles, amounts, units = 0.5 * (edges[1:] + edges[:-1]), None, "K"
                self.temperature = edges
            else:
                edges, middles = self._density(levels, values)
                amounts, units = middles * np.diff(self.heights) * 1.0e5, "molecule cm-3"
                if name == "air":
                    above = np.append(np.cumsum(amounts[::-1])[::-1], 0.0)
                    self.pressure = above * 1.0e4 * MOLECULE * GRAVITY
                if name == "O3":
                    self._ozone = (edges, middles, amounts)
            profiles[name, units] = self._profile(
                name, units, self._grid, (edges, middles, amounts)
            )
        n = self.wavelength.size
        dark = (np.zeros(n + 1), np.zeros(n), None)
        profiles["surface albedo", "none"] = self._profile(
            "surface albedo", "none", self._light, dark
        )
        profiles["extraterrestrial flux", "photon cm-2 s-1"] = self._standard.profile(
            "extraterrestrial flux", self._light
        )

    def _profile(
        self, name: str, units: str, grid: Any, values: tuple[Float, Float, Float | None]
    ) -> Any:
        edges, middles, amounts = values
        return self._tuvx.Profile(
            name=name,
            units=units,
            grid=grid,
            edge_values=edges,
            midpoint_values=middles,
            layer_densities=np.zeros(middles.size) if amounts is None else amounts,
        )

    def _density(self, levels: Float, values: Float) -> tuple[Float, Float]:
        """Density at interfaces and its mean in layers, exponential between levels."""
        logarithm = np.log(np.maximum(values, 1.0e-30))

        def at(height: Float) -> Float:
            return np.asarray(np.exp(np.interp(height, levels, logarithm)))

        parts = [
            np.linspace(a, b, 21) for a, b in zip(self.heights, self.heights[1:], strict=False)
        ]
        return at(self.heights), np.array([np.trapezoid(at(part)) / 20.0 for part in parts])

    def _clear(self, name: str) -> Any:
        shape = (self.wavelength.size, self.heights.size - 1)
        return self._tuvx.Radiator(
            name=name,
            height_grid=self._grid,
            wavelength_grid=self._light,
            optical_depths=np.zeros(shape),
            single_scattering_albedos=np.ones(shape),
            asymmetry_factors=np.zeros(shape),
        )

    def set_ozone(self, column: float) -> None:
        """Scale the profile of ozone to a column in DU."""
        edges, middles, amounts = self._ozone
        factor = column * DOBSON / amounts.sum()
        profile = self._profiles["O3", "molecule cm-3"]
        profile.edge_values = edges * factor
        profile.midpoint_values = middles * factor
        profile.layer_densities = amounts * factor

    def set_albedo(self, albedo: float) -> None:
        """Set the albedo of the ground at all wavelengths."""
        profile = self._profiles["surface albedo", "none"]
        profile.edge_values = np.full(self.wavelength.size + 1, albedo)
        profile.midpoint_values = np.full(self.wavelength.size, albedo)

    def set_haze(self, name: str, haze: Haze) -> None:
        """Set "particles" or "cloud"."""
        stretch = (REFERENCE_WAVELENGTH / self.wavelength[:, None]) ** haze.exponent
        shape = (self.wavelength.size, self.heights.size - 1)
        radiator = self._radiators[name]
        radiator.optical_depths = np.ascontiguousarray(haze.depth * stretch)
        radiator.single_scattering_albedos = np.full(shape, haze.scattered)
        radiator.asymmetry_factors = np.full(shape, haze.asymmetry)

    def rates(self, zenith: float) -> Float:
        """Rates at the interfaces, s-1, (reaction, interface), at mean distance of the sun."""
        result = self._model.run(sza=float(np.radians(zenith)), earth_sun_distance=1.0)
        rates: Float = result.photolysis_rate_constants.values[self._order]
        return rates
