"""Building, starting and stopping the model: what is refused, and in which words."""

import logging
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from forecast.chemistry.composition import Composition
from forecast.common.errors import DecompositionError, InputError, ModelError
from forecast.config.chemistry import ChemistryConfig, Scheme
from forecast.config.deposition import DepositionConfig, WetScheme
from forecast.config.transport import TransportConfig
from forecast.ctm.build import ModelInputs, ModelOptions, build_model
from forecast.ctm.idealised import IdealisedCase, idealised_model, stretched_levels
from forecast.ctm.model import NoOutput, Sinks, TransportModel
from forecast.ctm.process import Step
from forecast.ctm.timestep import OperatorSequence
from forecast.ctm.warm import warm
from forecast.fields.meteorology import MeteorologyHour
from forecast.parallel.comm import InProcessWorld, SerialComm
from forecast.parallel.decomposition import Decomposition

NY, NX, NZ = 6, 7, 8
LAYOUT = Decomposition(NY, NX, 1, 1)


@pytest.fixture(scope="module")
def case(composition: Composition) -> IdealisedCase:
    return IdealisedCase(NY, NX, stretched_levels(NZ), composition)


class _Changed:
    """The case's meteorology with one field changed from an hour on."""

    def __init__(self, case: IdealisedCase, field: str, first: int, change: Any) -> None:
        self._case, self._field, self._first, self._change = case, field, first, change

    def hour(self, index: int) -> MeteorologyHour:
        record = self._case.meteorology(index)
        if index < self._first:
            return record
        return replace(record, **{self._field: self._change(getattr(record, self._field))})


def _model(case: IdealisedCase, **changes: Any) -> TransportModel:
    inputs = replace(case.inputs(LAYOUT.tile(0)), **changes)
    model = build_model(
        SerialComm(), LAYOUT, case.levels, case.ground, case.composition, inputs, ModelOptions()
    )
    model.start(case.initial())
    return model


def test_missing_meteorology_is_named(case: IdealisedCase) -> None:
    def hole(values: Any) -> Any:
        values = values.copy()
        values[2, 3] = np.nan
        return values

    source = _Changed(case, "friction_velocity", 2, hole)
    model = _model(case, meteorology=source)
    told = r"hour 2 .*'friction_velocity' is 'nan' at 2022-01-01T02:00:00 UTC in row 2, column 3;"
    with pytest.raises(InputError, match=told):
        model.run(3, Sinks(NoOutput()))
    assert model.hour == 1  # the hour before needs the record of its end


@pytest.mark.parametrize("field", ["mass_flux_x", "surface_pressure", "air_temperature"])
def test_meteorology_of_another_tile_is_refused(case: IdealisedCase, field: str) -> None:
    source = _Changed(case, field, 1, lambda values: values[..., :-1])
    with pytest.raises(InputError, match=f"'{field}' of hour 1 has the shape"):
        _model(case, meteorology=source).run(1, Sinks(NoOutput()))


class _Fixed:
    def __init__(self, value: Any) -> None:
        self._value = value

    def hour(self, index: int) -> Any:
        del index
        return self._value


def test_emissions_and_edges_of_another_domain_are_refused(case: IdealisedCase) -> None:
    inputs = case.inputs(LAYOUT.tile(0))
    higher = np.zeros((85, NZ + 1, NY, NX), np.float32)
    with pytest.raises(InputError, match=r"emission of hour 0 has the shape \(85, 9, 6, 7\)"):
        _model(case, emissions=_Fixed(higher)).run(1, Sinks(NoOutput()))
    edges = inputs.boundary.hour(0)
    short = replace(edges, north=edges.north[:12])
    with pytest.raises(InputError, match="air north of the domain"):
        _model(case, boundary=_Fixed(short)).run(1, Sinks(NoOutput()))


def test_absurd_winds_stop_with_the_layer_and_a_way_out(case: IdealisedCase) -> None:
    source = _Changed(case, "mass_flux_x", 0, lambda values: 1000.0 * values)
    with pytest.raises(ModelError, match=r"hour 0 a cell of layer \d+ .*transport.time_step"):
        _model(case, meteorology=source).run(1, Sinks(NoOutput()))


def test_a_negative_diffusivity_is_refused(case: IdealisedCase) -> None:
    model = _model(case, diffusivity=lambda z, hour: -np.ones(z.shape))
    with pytest.raises(ModelError, match="diffusivity in hour 0 is negative .*'-1.0'"):
        model.run(1, Sinks(NoOutput()))


def test_an_impossible_start_is_refused(case: IdealisedCase) -> None:
    model = _model(case)
    bad = case.initial()
    bad[3, 1, 2, 4] = -1e-9
    with pytest.raises(ModelError, match="'NO3' in layer 1, row 2, column 4"):
        model.start(bad)


def test_a_rank_in_trouble_stops_all_with_its_own_words(case: IdealisedCase) -> None:
    layout = Decomposition(NY, NX, 2, 1)

    def work(comm: Any) -> str:
        model = idealised_model(case, comm, layout, ModelOptions())
        tile = layout.tile(comm.rank)
        start = case.initial()[:, :, tile.j, tile.i]
        if comm.rank == 1:
            start[0, 0, 0, 0] = np.inf
        try:
            model.start(start)
        except ModelError as error:
            return str(error)
        return "went on"

    texts = InProcessWorld(2).run(work)
    assert texts[0] == texts[1]
    assert "'O3' in layer 0, row 3, column 0" in texts[0]


def test_air_that_leaves_the_driving_pressure_is_told_once(
    case: IdealisedCase, caplog: pytest.LogCaptureFixture
) -> None:
    source = _Changed(case, "surface_pressure", 1, lambda values: values - 900.0)
    with caplog.at_level(logging.WARNING):
        _model(case, meteorology=source).run(3, Sinks(NoOutput()))
    told = [r for r in caplog.records if "surface pressure" in r.getMessage()]
    assert len(told) == 1


def test_the_made_air_follows_its_surface_pressure(
    case: IdealisedCase, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        _model(case).run(6, Sinks(NoOutput()))
    assert not caplog.records


def test_ranks_and_blocks_must_agree(case: IdealisedCase, composition: Composition) -> None:
    layout = Decomposition(NY, NX, 2, 1)
    inputs = case.inputs(layout.tile(0))
    with pytest.raises(DecompositionError, match="'1' ranks .* '2' blocks"):
        build_model(
            SerialComm(), layout, case.levels, case.ground, composition, inputs, ModelOptions()
        )


def test_a_checkpoint_of_other_species_is_refused(case: IdealisedCase) -> None:
    model = _model(case)
    strange = replace(model.checkpoint(), species=("O3",))
    with pytest.raises(ModelError, match="'O3'"):
        model.restore(strange)


def test_switched_off_processes_do_not_run(case: IdealisedCase, composition: Composition) -> None:
    options = ModelOptions(
        chemistry=ChemistryConfig(scheme=Scheme.NONE),
        deposition=DepositionConfig(wet=WetScheme.NONE),
    )
    model = idealised_model(case, SerialComm(), LAYOUT, options)
    model.run(1, Sinks(NoOutput()))
    assert not any(name.startswith(("chemistry", "wet")) for name in model.timings)
    assert {"transport", "mixing", "monitor", "input"} <= set(model.timings)
    assert not model.ledger.kilograms("chemistry").any()


@pytest.mark.parametrize("step", [7, 1000, 0])
def test_a_step_must_divide_the_hour(step: int) -> None:
    with pytest.raises(ValueError, match="time_step"):
        TransportConfig(time_step=step)


class _Notes:
    """A process that writes down when it is called."""

    def __init__(self, name: str, book: list[str]) -> None:
        self.name, self._book = name, book

    def begin_hour(self, hour: Any) -> None:
        self._book.append(f"begin {self.name}")

    def advance(self, state: Any, step: Step) -> None:
        self._book.append(f"{self.name}{step.number}")


def test_every_other_step_runs_in_reverse() -> None:
    book: list[str] = []
    sequence = OperatorSequence(tuple(_Notes(name, book) for name in "abc"), 600.0)
    nothing: Any = None
    sequence.begin_hour(nothing)
    sequence.advance(nothing, 0)
    sequence.advance(nothing, 1)
    assert book == ["begin a", "begin b", "begin c", "a0", "b0", "c0", "c1", "b1", "a1"]
    assert sequence.steps_per_hour == 6


def test_warming_meets_every_process(composition: Composition) -> None:
    warm(composition, ModelOptions())


def test_inputs_can_be_replaced_one_by_one(case: IdealisedCase) -> None:
    inputs = case.inputs(LAYOUT.tile(0))
    assert isinstance(inputs, ModelInputs)
    assert inputs.emissions.hour(3).shape == (85, 4, NY, NX)
