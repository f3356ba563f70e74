"""What transport keeps for any wind: mass, positivity, bounds, uniform fields, symmetry."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.config.transport import TransportConfig
from forecast.ctm.horizontal import HorizontalSweeps
from forecast.ctm.kernels.vertical import advance_vertical, vertical_work
from forecast.ctm.process import Step
from forecast.ctm.state import TileState
from forecast.ctm.transport import layer_table
from forecast.fields.boundary import BoundaryHour
from forecast.grid.vertical import HybridLevels
from forecast.parallel.comm import SerialComm
from forecast.parallel.decomposition import Decomposition

NY, NX, NZ, SPECIES = 6, 7, 4, 3
LEVELS = HybridLevels(
    np.array([0.0, 1000.0, 4000.0, 8000.0, 10000.0]), np.array([1.0, 0.9, 0.6, 0.2, 0.0])
)
SEEDS = st.integers(0, 2**32 - 1)
SWIRLS = st.floats(0.0, 1.5)
"""Strength of rotation: up to several times a cell's air passes in a step."""


class Box:
    """A small domain with closed or open edges, random air, winds and tracers.

    Winds have a part with divergence, 5 % of a cell's air a second through each face, and a part
    that only turns.
    """

    def __init__(self, seed: int, *, closed: bool, swirl: float = 0.0) -> None:
        rng = np.random.default_rng(seed)
        tile = Decomposition(NY, NX, 1, 1).tile(0)
        self.state = TileState.empty(tile, SPECIES, NZ)
        self.area = 1.0e8 * (1.0 + rng.random((NY, NX)))
        pressure = 9.5e4 + 8.0e3 * rng.random((NY, NX))
        self.state.own_mass[:] = LEVELS.layer_mass(pressure) * self.area
        shape = self.state.own_ratio.shape
        rough = rng.choice([0.0, 1e-9, 1.0], shape) * rng.random(shape)
        self.state.own_ratio[:] = rough
        self.state.own_ratio[-1] = 0.25
        typical = 0.05 * self.state.own_mass.mean(axis=(1, 2))[:, None, None]
        self.flux = (
            (typical * rng.uniform(-1, 1, (NZ, NY, NX + 1))).astype(np.float32),
            (typical * rng.uniform(-1, 1, (NZ, NY + 1, NX))).astype(np.float32),
        )
        stream = np.zeros((NZ, NY + 1, NX + 1))
        stream[:, 1:-1, 1:-1] = rng.uniform(-1, 1, (NZ, NY - 1, NX - 1))
        stream *= swirl * self.state.own_mass.mean(axis=(1, 2))[:, None, None]
        self.flux[0][:] -= np.diff(stream, axis=1).astype(np.float32)
        self.flux[1][:] += np.diff(stream, axis=2).astype(np.float32)
        if closed:
            for faces in (self.flux[0][..., 0], self.flux[0][..., -1]):
                faces[:] = 0.0
            for faces in (self.flux[1][:, 0], self.flux[1][:, -1]):
                faces[:] = 0.0
        west = rng.random((SPECIES, NZ, NY), dtype=np.float32)
        south = rng.random((SPECIES, NZ, NX), dtype=np.float32)
        west[-1] = south[-1] = 0.25
        self.outside = BoundaryHour(west, west[..., ::-1].copy(), south, south[..., ::-1].copy())
        self.crossing = (np.zeros((SPECIES, NY, NX)), np.zeros((SPECIES, NY, NX)))
        self.sweeps = HorizontalSweeps(SerialComm(), tile, NZ, TransportConfig(), self.crossing)
        self.table, self.work = layer_table(LEVELS), vertical_work(NZ)

    def step(self, number: int) -> None:
        """Transport for one second; fluxes are shares of a layer's mean cell."""
        self.sweeps.advance(self.state, self.flux, self.outside, Step(number, 1.0), 0)
        advance_vertical(
            self.state.mixing_ratio, self.state.air_mass, self.area, self.table, self.work
        )

    def content(self) -> Any:
        """Mass of each species, float64."""
        return (self.state.own_ratio.astype(np.float64) * self.state.own_mass).sum(axis=(1, 2, 3))


@given(SEEDS, SWIRLS)
@settings(max_examples=25)
def test_mass_is_kept_in_a_closed_box(seed: int, swirl: float) -> None:
    box = Box(seed, closed=True, swirl=swirl)
    before, air = box.content(), box.state.own_mass.sum()
    for number in range(4):
        box.step(number)
    np.testing.assert_allclose(box.content(), before, rtol=2e-7)
    np.testing.assert_allclose(box.state.own_mass.sum(), air, rtol=1e-13)


@given(SEEDS, SWIRLS)
@settings(max_examples=25)
def test_what_comes_in_and_goes_out_explains_the_change(seed: int, swirl: float) -> None:
    box = Box(seed, closed=False, swirl=swirl)
    before = box.content()
    for number in range(4):
        box.step(number)
    inflow, outflow = (total.sum(axis=(1, 2)) for total in box.crossing)
    np.testing.assert_allclose(box.content(), before + inflow - outflow, rtol=1e-6)


@given(SEEDS, SWIRLS)
@settings(max_examples=25)
def test_no_new_extremum_and_nothing_negative_arises(seed: int, swirl: float) -> None:
    box = Box(seed, closed=False, swirl=swirl)
    sides = (box.outside.west, box.outside.east, box.outside.south, box.outside.north)
    fields = [box.state.own_ratio, *(side[..., None] for side in sides)]
    low = np.min([field.min(axis=(1, 2, 3)) for field in fields], axis=0)
    high = np.max([field.max(axis=(1, 2, 3)) for field in fields], axis=0)
    for number in range(3):
        box.step(number)
        own = box.state.own_ratio
        assert np.all(own.min(axis=(1, 2, 3)) >= np.maximum(low - 1e-6 * high, 0.0))
        assert np.all(own.max(axis=(1, 2, 3)) <= high * (1.0 + 1e-6))


@given(SEEDS, SWIRLS, st.booleans())
@settings(max_examples=25)
def test_a_uniform_species_stays_uniform_bit_for_bit(seed: int, swirl: float, closed: bool) -> None:
    box = Box(seed, closed=closed, swirl=swirl)
    for number in range(3):
        box.step(number)
    assert np.all(box.state.own_ratio[-1] == np.float32(0.25))


@given(SEEDS)
@settings(max_examples=15)
def test_species_do_not_see_each_other(seed: int) -> None:
    box, other = (Box(seed, closed=False) for _ in range(2))
    other.state.own_ratio[1] = 0.5
    for number in range(2):
        box.step(number)
        other.step(number)
    np.testing.assert_array_equal(box.state.own_ratio[0], other.state.own_ratio[0])


@given(SEEDS)
@settings(max_examples=15)
def test_layers_hold_their_share_of_the_column(seed: int) -> None:
    box = Box(seed, closed=False)
    box.step(0)
    own = box.state.own_mass / box.area
    column = own.sum(axis=0)
    pressure = column * 9.80665 + 10000.0  # the top is at 100 hPa
    np.testing.assert_allclose(own, LEVELS.layer_mass(pressure), rtol=1e-11)
