"""The whole model over 72 hours of the made case: the mass ledger closes, fields stay plausible."""

import numpy as np
import pytest

from forecast.chemistry.composition import Composition
from forecast.config.chemistry import ChemistryConfig, Scheme
from forecast.config.deposition import DepositionConfig, DryScheme, WetScheme
from forecast.ctm.budget import LEAST
from forecast.ctm.build import ModelInputs, ModelOptions, build_model
from forecast.ctm.idealised import (
    START,
    IdealisedCase,
    diffusivity,
    idealised_model,
    stretched_levels,
)
from forecast.ctm.model import NoOutput, Sinks, TransportModel
from forecast.fields.arrays import Single
from forecast.fields.boundary import BoundaryHour
from forecast.parallel.comm import SerialComm
from forecast.parallel.decomposition import Decomposition

NY, NX, NZ, HOURS = 20, 24, 10, 72
LAYOUT = Decomposition(NY, NX, 1, 1)


@pytest.fixture(scope="module", params=[1.0, 0.3], ids=["windy", "calm"])
def run(request: pytest.FixtureRequest, composition: Composition) -> TransportModel:
    case = IdealisedCase(NY, NX, stretched_levels(NZ), composition, wind=request.param)
    model = idealised_model(case, SerialComm(), LAYOUT, ModelOptions())
    model.run(HOURS, Sinks(NoOutput()))
    return model


def test_the_ledger_closes_to_a_millionth_of_what_was_handled(run: TransportModel) -> None:
    assert run.ledger.closure().max() < 1.0e-6


def test_the_ledger_closes_to_a_millionth_of_what_is_there(run: TransportModel) -> None:
    """The harder reading: the mass at the end is far less than what passed through."""
    now = run.ledger.kilograms("current")
    carried = now > LEAST
    carried &= now > 1e-3 * run.ledger.kilograms("inflow")
    assert carried.sum() > 8
    assert np.abs(run.ledger.residual()[carried] / now[carried]).max() < 1.0e-6


def test_every_process_left_its_mark(run: TransportModel, composition: Composition) -> None:
    place = composition.table.index("SO2")
    for entry in run.ledger.totals:
        assert run.ledger.kilograms(entry)[place] != 0.0, entry


def test_reactions_keep_sulfur_and_nitrogen(run: TransportModel, composition: Composition) -> None:
    """Through gas, particles and clouds: what reactions make of an element, over its turnover.

    Deposition, transport and emission are in the ledger of each species, which closes.
    """
    made = run.ledger.kilograms("chemistry")
    for element in (composition.nitrogen, composition.sulfur):
        turned = np.abs(made * element)
        assert (turned > 0.0).sum() > 1
        assert abs((made * element).sum()) < 1e-5 * turned.sum()


def test_nothing_is_negative_or_absurd(run: TransportModel) -> None:
    own = run.state.own_ratio
    assert np.isfinite(own).all()
    assert own.min() >= 0.0
    assert own.max() < 1e-5


class _Uniform:
    """Edges and start with one value for each species, and no emission."""

    def __init__(self, values: Single) -> None:
        self.values = values

    def field(self, *shape: int) -> Single:
        return np.broadcast_to(
            self.values.reshape(-1, *(1,) * len(shape)), (self.values.size, *shape)
        ).copy()

    def hour(self, index: int) -> BoundaryHour:
        del index
        west, south = self.field(NZ, NY), self.field(NZ, NX)
        return BoundaryHour(west, west, south, south)


class _NoEmission:
    def __init__(self, species: int) -> None:
        self.species = species

    def hour(self, index: int) -> Single:
        del index
        return np.zeros((self.species, 1, NY, NX), np.float32)


def test_uniform_fields_stay_uniform_bit_for_bit_in_made_winds(composition: Composition) -> None:
    """Transport and mixing of a day, with jets, hills, rising air and sub-divided sweeps."""
    case = IdealisedCase(NY, NX, stretched_levels(NZ), composition)
    uniform = _Uniform(np.geomspace(1e-12, 1e-5, len(composition.table)).astype(np.float32))
    inputs = ModelInputs(
        case.inputs(LAYOUT.tile(0)).meteorology,
        _NoEmission(uniform.values.size),
        uniform,
        diffusivity,
        START,
    )
    options = ModelOptions(
        chemistry=ChemistryConfig(scheme=Scheme.NONE),
        deposition=DepositionConfig(dry=DryScheme.NONE, wet=WetScheme.NONE),
    )
    model = build_model(
        SerialComm(), LAYOUT, case.levels, case.ground, composition, inputs, options
    )
    model.start(uniform.field(NZ, NY, NX))
    model.run(24, Sinks(NoOutput()))
    np.testing.assert_array_equal(model.state.own_ratio, uniform.field(NZ, NY, NX))
