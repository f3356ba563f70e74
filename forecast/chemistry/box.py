"""A box of air over a place for some days, with the chemistry of the transport model.

`box_run("jinan_winter")` runs a file of configs/boxes. The air between the ground and a fixed top
has two layers: a mixed layer, which grows and shrinks with the day, and what lies above. In each

    dX/dt = E / h - (v / h + k) X + k B + chemistry

with emissions E, depth h, deposition velocity v (mixed layer only), exchange k with the background
B. What the mixed layer gains in depth it takes from the air above, what it loses stays there. X is
the amount at one reference density of the air, so depths are measured by the mass of air and
nothing is lost when temperatures change. Chemistry is `ChemistryStep`, under the light that the
particles of both layers leave. docs/science/box_runs.md has the results.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecast.chemistry.box_air import LAYERS, BoxLight, Conditions, LayerAir, lanes_of
from forecast.chemistry.box_budget import BoxBudget
from forecast.chemistry.box_mixing import entrain, relax
from forecast.chemistry.box_surroundings import PER_BILLION, Emissions, background, deposition
from forecast.chemistry.composition import Composition, composition_of
from forecast.chemistry.step import ChemistryStep
from forecast.common.errors import ConfigurationError, ModelError
from forecast.config.box import BoxConfig
from forecast.config.chemistry import ChemistryConfig
from forecast.config.load import project_path
from forecast.config.yaml_file import read_model
from forecast.fields.arrays import Float, Reals, Single, Times
from forecast.fields.variables import POLLUTANTS

FOLDER = "configs/boxes"
STEP = 300.0
"""Length of a step, s."""
_HOUR = 3600.0


@dataclass(frozen=True)
class BoxRecord:
    """A box at the end of an hour.

    Attributes:
        hour: Since the start.
        air: Both layers.
        amount: molecules cm-3 of gases and ug m-3 of particles, (LAYERS, nspecies).
        formed: By chemistry in the hour, in the same units, (LAYERS, nspecies).
        photolysis: s-1, (LAYERS, nphotolysis).
    """

    hour: float
    air: LayerAir
    amount: Float
    formed: Float
    photolysis: Single


@dataclass(frozen=True)
class BoxResult:
    """A run of a box: its start, and the end of each hour.

    Attributes:
        name: Of the box.
        composition: Species.
        time: Local time, (nt,).
        hour: Since the start, (nt,).
        air: molecules cm-3, (nt, LAYERS).
        temperature: K, (nt, LAYERS).
        humidity: 0 to 1, (nt, LAYERS).
        depth: Of the layers, m, (nt, LAYERS).
        amount: molecules cm-3 of gases and ug m-3 of particles, (nt, LAYERS, nspecies).
        formed: By chemistry in the hour before, in the same units, (nt, LAYERS, nspecies).
        photolysis: s-1, (nt, LAYERS, nphotolysis).
        budget: Where everything went.
        solved_again: Cell-steps that the guard of the gas solver solved anew.
    """

    name: str
    composition: Composition
    time: Times
    hour: Float
    air: Float
    temperature: Float
    humidity: Float
    depth: Float
    amount: Float
    formed: Float
    photolysis: Float
    budget: BoxBudget
    solved_again: int

    def amount_of(self, name: str, layer: int = 0) -> Float:
        """A gas in molecules cm-3, or a particle species in ug m-3, (nt,)."""
        values: Float = self.amount[:, layer, self.composition.table.index(name)]
        return values

    def ppb(self, name: str, layer: int = 0) -> Float:
        """Mole fraction of a gas, ppb, (nt,)."""
        fraction: Float = self.amount_of(name, layer) / (self.air[:, layer] * PER_BILLION)
        return fraction

    def formed_of(self, name: str, layer: int = 0) -> Float:
        """What chemistry made in the hour before, molecules cm-3 or ug m-3, (nt,)."""
        values: Float = self.formed[:, layer, self.composition.table.index(name)]
        return values

    def rate(self, name: str, layer: int = 0) -> Float:
        """A photolysis rate, s-1, (nt,)."""
        values: Float = self.photolysis[:, layer, self.composition.gas.photolysis.index(name)]
        return values

    def fine_mass(self, layer: int = 0) -> Float:
        """PM2.5 as the products define it, ug m-3, (nt,)."""
        weights = self.composition.particle_weights[POLLUTANTS.index("pm25")]
        mass: Float = self.amount[:, layer] @ weights * 1.0e-9
        return mass

    def columns(self, names: Sequence[str] = (), layer: int = 0) -> dict[str, Reals | Times]:
        """Columns by name, as `pandas.DataFrame` takes them: gases in ppb, particles in ug m-3.

        Args:
            names: Species; all when none is named.
            layer: 0 is the mixed layer.
        """
        gases = set(self.composition.gas.names)
        columns: dict[str, Reals | Times] = {
            "time": self.time,
            "temperature": self.temperature[:, layer],
            "humidity": self.humidity[:, layer],
            "depth": self.depth[:, layer],
        }
        for name in names or self.composition.table.names:
            columns[name] = self.ppb(name, layer) if name in gases else self.amount_of(name, layer)
        return columns


class Box:
    """A box that is ready to run.

    Args:
        name: For results and messages.
        box: The conditions.
        options: Mechanism, switches and coefficients of the chemistry.
        step: Length of a step, s; a whole number of them makes an hour.

    Raises:
        ConfigurationError: A file is wrong, or species do not fit together.
        InputError: The photolysis table cannot be read.
    """

    def __init__(
        self, name: str, box: BoxConfig, options: ChemistryConfig, step: float = STEP
    ) -> None:
        if _HOUR % step:
            msg = f"The step of a box is '{step}' s; an hour must be a whole number of steps."
            raise ConfigurationError(msg)
        self.name, self.box, self.seconds = name, box, step
        self.composition = composition_of(options)
        self._gases = len(self.composition.gas.species)
        self._chemistry = ChemistryStep(self.composition, options, step)
        self._conditions = Conditions(box)
        self._light = BoxLight(box, self._conditions, self.composition, options.photolysis)
        self._around = background(box.background, self.composition, self._conditions.reference)
        self._emissions = Emissions.of(box, self.composition)
        self._velocity = deposition(box, self.composition)
        self._again = 0

    def run(self) -> BoxResult:
        """Run all days, from the background on.

        Raises:
            ModelError: An amount is not finite.
        """
        amounts = self._around.copy()
        budget = BoxBudget.begin(amounts, self._conditions.depths(0.0))
        self._again = 0
        records = [self._record(0.0, amounts, np.zeros_like(amounts))]
        steps = round(_HOUR / self.seconds)
        for hour in range(24 * self.box.days):
            formed = np.zeros_like(amounts)
            for part in range(steps):
                begin, end = hour + part / steps, hour + (part + 1) / steps
                depths = self._conditions.depths(begin), self._conditions.depths(end)
                amounts = entrain(amounts, *depths)
                amounts = self._exchange(amounts, 0.5 * (begin + end), end, budget)
                before, amounts = amounts, self._react(amounts, 0.5 * (begin + end))
                formed += amounts - before
                budget.react(amounts - before, depths[1])
            self._check(amounts, hour)
            records.append(self._record(hour + 1.0, amounts, formed))
        budget.finish(amounts, self._conditions.depths(24.0 * self.box.days))
        return self._result(records, budget)

    def _exchange(self, amounts: Float, middle: float, end: float, budget: BoxBudget) -> Float:
        """Emit, deposit and exchange with the background."""
        depth = self._conditions.depths(end)[:, None]
        emission = self._emissions.at(middle % 24.0, float(depth[0, 0]))
        velocity = np.zeros_like(amounts)
        velocity[0] = self._velocity[int(not self._light.shines(middle))]
        refresh = np.array([[self.box.exchange], [self.box.exchange_aloft]]) / _HOUR
        gain, loss = emission / depth + refresh * self._around, velocity / depth + refresh
        after, exposure = relax(amounts, gain, loss, self.seconds)
        emitted = (emission * self.seconds).sum(axis=0)
        brought = refresh * (self.seconds * self._around - exposure) * depth
        budget.exchange(emitted, (velocity * exposure)[0], brought.sum(axis=0))
        return after

    def _react(self, amounts: Float, hour: float) -> Float:
        """Return amounts after a step of chemistry, (LAYERS, nspecies).

        Chemistry has single precision; only what it changes is added, so that its rounding is
        all that a budget can miss.
        """
        air = self._conditions.layers(hour)
        thinning = (air.air / self._conditions.reference)[:, None]
        cells = lanes_of((amounts * thinning).T)
        before = cells[:, :LAYERS].astype(np.float64)
        light = self._light.rates(hour, air, cells[self._gases :, :LAYERS])
        report = self._chemistry.advance(cells, air.cells(), lanes_of(light))
        self._again += report.refined
        after: Float = amounts + (cells[:, :LAYERS] - before).T / thinning
        return np.maximum(after, 0.0)

    def _check(self, amounts: Float, hour: int) -> None:
        """Refuse amounts that are not finite."""
        if not np.isfinite(amounts).all():
            layer, species = np.argwhere(~np.isfinite(amounts))[0]
            name = self.composition.table.names[species]
            msg = (
                f"The box '{self.name}' has {name} = '{amounts[layer, species]}' in layer {layer} "
                f"after {hour + 1} hours; look at its conditions and emissions."
            )
            raise ModelError(msg)

    def _record(self, hour: float, amounts: Float, formed: Float) -> BoxRecord:
        """Keep the state at the end of an hour."""
        air = self._conditions.layers(hour)
        thinning = (air.air / self._conditions.reference)[:, None]
        actual = amounts * thinning
        light = self._light.rates(hour, air, actual[:, self._gases :].T.astype(np.float32))
        return BoxRecord(hour, air, actual, formed * thinning, light.T)

    def _result(self, records: Sequence[BoxRecord], budget: BoxBudget) -> BoxResult:
        """Collect the hours."""
        hours = np.array([record.hour for record in records])
        return BoxResult(
            name=self.name,
            composition=self.composition,
            time=np.array([self._conditions.time(hour) for hour in hours]),
            hour=hours,
            air=np.array([record.air.air for record in records]),
            temperature=np.array([record.air.temperature for record in records]),
            humidity=np.array([record.air.humidity for record in records]),
            depth=np.array([record.air.depth for record in records]),
            amount=np.array([record.amount for record in records]),
            formed=np.array([record.formed for record in records]),
            photolysis=np.array([record.photolysis for record in records], np.float64),
            budget=budget,
            solved_again=self._again,
        )


def read_box(name: str) -> BoxConfig:
    """Read a box of configs/boxes by its name, or a file by its path.

    Raises:
        ConfigurationError: There is no such box, or the file is wrong.
    """
    path = project_path(name if name.endswith(".yaml") else f"{FOLDER}/{name}.yaml")
    if not path.is_file():
        known = sorted(file.stem for file in project_path(FOLDER).glob("*.yaml"))
        msg = f"There is no box '{name}'; {FOLDER} has {', '.join(known)}."
        raise ConfigurationError(msg)
    return read_model(path, BoxConfig, "box")


def box_run(name: str, options: ChemistryConfig | None = None, step: float = STEP) -> BoxResult:
    """Run a box.

    Args:
        name: A file of configs/boxes without its ending, or a path.
        options: Mechanism, switches and coefficients; the defaults of the model when not given.
        step: Length of a step, s.

    Raises:
        ConfigurationError: A file is wrong, or species do not fit together.
        InputError: The photolysis table cannot be read.
        ModelError: An amount is not finite.
    """
    return Box(name, read_box(name), options or ChemistryConfig(), step).run()
