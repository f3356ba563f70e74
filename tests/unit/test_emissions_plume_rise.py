"""Plume rise after Briggs against published numbers and his own laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.prepare.plume_rise import (
    AirColumns,
    Stacks,
    buoyancy_flux,
    final_rise,
    layer_fractions,
    neutral_rise,
    stable_rise,
    tip_downwash,
)

SCREEN3 = Stacks(
    height=np.array([100.0]),
    diameter=np.array([2.5]),
    exit_velocity=np.array([25.0]),
    exit_temperature=np.array([450.0]),
)
"""Example stack of the SCREEN3 model user's guide (US EPA 1995, EPA-454/B-95-004), air at 293 K."""
SCREEN3_BUOYANCY = 133.643
"""The buoyancy flux that the guide prints for it, m4 s-3."""


def air(wind: float, gradient: float, *, stable: bool, depth: float = 1000.0) -> AirColumns:
    """One column with even wind and an even gradient of potential temperature, 293 K at 100 m."""
    z_half = np.array([0.0, 40.0, 80.0, 160.0, 320.0, 640.0, 1280.0])
    z_full = 0.5 * (z_half[:-1] + z_half[1:])
    theta = 293.0 + gradient * (z_full - 100.0)
    return AirColumns(
        z_half=z_half[None, None, :],
        z_full=z_full[None, None, :],
        temperature=np.full((1, 1, 6), 293.0),
        potential_temperature=theta[None, None, :],
        wind_speed=np.full((1, 1, 6), wind),
        boundary_layer_height=np.full((1, 1), depth),
        inverse_obukhov_length=np.full((1, 1), 0.02 if stable else -0.02),
    )


def test_buoyancy_flux_of_the_published_example() -> None:
    found = buoyancy_flux(SCREEN3, np.array([293.0]))
    assert found[0] == pytest.approx(SCREEN3_BUOYANCY, rel=1e-4)


@pytest.mark.parametrize("buoyancy", [10.0, 54.9, 55.1, SCREEN3_BUOYANCY, 1000.0])
def test_neutral_rise_is_the_two_thirds_law_at_its_end(buoyancy: float) -> None:
    # Briggs (1975): 1.6 F^(1/3) x^(2/3) / u up to x = 3.5 x*, x* = 14 F^(5/8) or 34 F^(2/5)
    reach = 14.0 * buoyancy**0.625 if buoyancy < 55.0 else 34.0 * buoyancy**0.4
    expected = 1.6 * buoyancy ** (1.0 / 3.0) * (3.5 * reach) ** (2.0 / 3.0) / 4.0
    found = neutral_rise(np.array([buoyancy]), np.array([4.0]))
    assert found[0] == pytest.approx(expected, rel=2e-3)


def test_stable_rise_by_hand() -> None:
    # class F of ISC3: 0.035 K m-1 at 293 K is s = 1.1715e-3 s-2; at 2 m s-1
    # 2.6 (133.643 / 2.3430e-3)^(1/3) = 2.6 x 38.49 = 100.1 m
    found = stable_rise(
        np.array([SCREEN3_BUOYANCY]), np.array([2.0]), np.array([9.80665 * 0.035 / 293.0])
    )
    assert found[0] == pytest.approx(100.1, abs=0.1)


def test_columns_give_the_hand_worked_rises() -> None:
    neutral = 38.71 * SCREEN3_BUOYANCY**0.6 / 2.0
    release, rise = final_rise(SCREEN3, air(2.0, 0.035, stable=False))
    assert rise[0, 0] == pytest.approx(neutral, rel=1e-3)
    assert release[0, 0] == 100.0
    assert final_rise(SCREEN3, air(2.0, 0.035, stable=True))[1][0, 0] == pytest.approx(
        100.1, abs=0.2
    )


def test_a_stack_above_the_boundary_layer_is_in_stable_air() -> None:
    shallow = final_rise(SCREEN3, air(2.0, 0.035, stable=False, depth=80.0))[1]
    assert shallow[0, 0] == pytest.approx(100.1, abs=0.2)


def test_a_lid_stops_the_plume_unless_it_breaks_through() -> None:
    # neutral rise 365 m; the lid is 250 m above the stack; stable air would stop it at 100 m
    under = final_rise(SCREEN3, air(2.0, 0.035, stable=False, depth=350.0))[1]
    assert under[0, 0] == pytest.approx(250.0)
    # a lid 20 m above the stack: it gets as far as in stable air
    through = final_rise(SCREEN3, air(2.0, 0.035, stable=False, depth=120.0))[1]
    assert through[0, 0] == pytest.approx(100.1, abs=0.2)


def test_stable_air_never_lifts_more_than_neutral_air() -> None:
    weak = final_rise(SCREEN3, air(12.0, 1e-5, stable=True))[1]
    assert weak[0, 0] == pytest.approx(38.71 * SCREEN3_BUOYANCY**0.6 / 12.0, rel=1e-3)


def test_light_wind_counts_as_one_metre_a_second() -> None:
    still, light = (final_rise(SCREEN3, air(u, 0.01, stable=False))[1] for u in (0.0, 1.0))
    assert still[0, 0] == light[0, 0]


def test_a_cold_plume_rises_by_its_momentum() -> None:
    cold = Stacks(*(np.array([x]) for x in (100.0, 2.0, 15.0, 280.0)))
    release, rise = final_rise(cold, air(5.0, 0.01, stable=True))
    assert rise[0, 0] == pytest.approx(3.0 * 2.0 * 15.0 / 5.0)
    assert release[0, 0] == 100.0


def test_strong_wind_pulls_the_plume_behind_the_stack() -> None:
    # 2 d (v / u - 1.5) with v / u = 25 / 25
    assert tip_downwash(SCREEN3, np.array([25.0]))[0] == pytest.approx(100.0 - 2.5)
    assert tip_downwash(SCREEN3, np.array([10.0]))[0] == 100.0


def test_a_plume_fills_layers_by_height() -> None:
    z_half = np.array([0.0, 100.0, 200.0, 300.0, 400.0])[None, None, :]
    # release 50, rise 200: from 150 to 350 m
    share = layer_fractions(np.array([[50.0]]), np.array([[200.0]]), z_half, 4)
    assert share[0, 0] == pytest.approx([0.0, 0.25, 0.5, 0.25])
    capped = layer_fractions(np.array([[50.0]]), np.array([[200.0]]), z_half, 3)
    assert capped[0, 0] == pytest.approx([0.0, 0.25, 0.75])


@given(release=st.floats(0.0, 400.0), rise=st.floats(0.0, 3000.0), layers=st.integers(1, 6))
def test_fractions_add_up_to_one(release: float, rise: float, layers: int) -> None:
    z_half = np.array([0.0, 40.0, 100.0, 190.0, 330.0, 520.0, 770.0])[None, None, :]
    share = layer_fractions(np.array([[release]]), np.array([[rise]]), z_half, layers)
    assert share.shape == (1, 1, layers)
    assert share.min() >= 0.0
    assert share.sum() == pytest.approx(1.0, abs=1e-6)
