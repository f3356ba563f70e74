"""Perturbations: reproducible, mean one, of the stated size, and without divergence."""

import hashlib
from statistics import NormalDist

import numpy as np
import pytest

from forecast.common.errors import ConfigurationError
from forecast.config.domain import DomainConfig
from forecast.config.ensemble import EnsembleConfig, WindPerturbation
from forecast.ensemble.perturb import flux_increments, perturb, perturb_hour, sector_factors
from forecast.ensemble.random_fields import GaussianField, log_normal, normal_variates
from forecast.fields.meteorology import MeteorologyHour
from forecast.grid.domain import Domain

CYCLE = "2021-12-31T16"
SECTORS = ("power", "industry", "residential", "transportation", "agriculture")


@pytest.fixture(scope="module")
def domain() -> Domain:
    return Domain.from_config(DomainConfig())


def _hour(domain: Domain) -> MeteorologyHour:
    nz, ny, nx = domain.shape
    rng = np.random.default_rng(1)

    def draw(*shape: int) -> np.ndarray:
        return rng.uniform(0.5, 2.0, shape).astype(np.float32)

    flat = [draw(ny, nx) for _ in range(8)]
    return MeteorologyHour(
        flat[0], draw(nz, ny, nx), draw(nz, ny, nx), draw(nz, ny, nx),
        draw(nz, ny, nx + 1), draw(nz, ny + 1, nx), *flat[1:],
    )  # fmt: skip


def test_normal_variates_are_those_of_the_inverse_distribution() -> None:
    drawn = normal_variates("a stream", 40_000)
    # the 5 % and 95 % points of the normal distribution, from its tables
    assert np.mean(drawn < -1.6449) == pytest.approx(0.05, abs=0.004)
    assert np.mean(drawn < 1.6449) == pytest.approx(0.95, abs=0.004)
    assert np.array_equal(normal_variates("a stream", 10), drawn[:10])
    assert not np.array_equal(normal_variates("another", 10), drawn[:10])


def test_the_stream_is_pinned() -> None:
    """A change of the generator, of the hash or of the inversion would change every archive."""
    drawn = normal_variates("shandong|2021-12-31T16|m01|wind/0", 4)
    pinned = (-0.6310550302154989, 0.07116146032429731, 0.429792166859639, 0.06617492744247146)
    assert drawn == pytest.approx(pinned, rel=1e-12)
    words = np.frombuffer(
        hashlib.sha256(b"shandong|2021-12-31T16|m01|wind/0").digest(), dtype="<u4"
    )
    bits = np.random.PCG64(np.random.SeedSequence(words.tolist())).random_raw(4).tolist()
    exact = [NormalDist().inv_cdf(((bit >> 11) + 0.5) / 2**53) for bit in bits]
    assert drawn == pytest.approx(exact, rel=1e-9)


def test_two_grids_see_the_same_field() -> None:
    field = GaussianField.draw("x", 2.0e5)
    coarse = field.on_grid(np.array([0.0, 9.0e4]), np.array([0.0, 5.4e4]))
    fine = field.on_grid(np.linspace(0.0, 9.0e4, 11), np.linspace(0.0, 5.4e4, 7))
    assert coarse == pytest.approx(fine[::6, ::10], abs=1e-12)


def test_fields_have_unit_variance_and_the_stated_correlation() -> None:
    length = 2.0e5
    x = np.array([0.0, length, 2.0 * length])
    values = np.array(
        [GaussianField.draw(f"field {k}", length).on_grid(x, x)[0] for k in range(1500)]
    )
    correlation = np.corrcoef(values.T)
    assert values.mean() == pytest.approx(0.0, abs=0.06)
    assert values.std() == pytest.approx(1.0, abs=0.03)
    assert correlation[0, 1] == pytest.approx(np.exp(-0.5), abs=0.06)
    assert correlation[0, 2] == pytest.approx(np.exp(-2.0), abs=0.08)


def test_factors_have_mean_one_and_the_stated_spread() -> None:
    field = normal_variates("many", 100_000)
    factor = log_normal(field, 0.5)
    assert factor.mean() == pytest.approx(1.0, abs=0.01)
    assert np.log(factor).std() == pytest.approx(0.5, abs=0.01)
    assert np.all(log_normal(field, 0.0) == 1.0)


def test_mean_over_many_members_is_one(domain: Domain) -> None:
    options = EnsembleConfig()
    made = [perturb(CYCLE, f"m{k:02d}", domain, ("residential",), options) for k in range(1, 61)]
    emission = np.array([p.emission_factor.mean() for p in made])
    mixing = np.array([p.boundary_layer_factor.mean() for p in made])
    # three standard errors of the mean over the members, themselves estimated from the members
    assert emission.mean() == pytest.approx(1.0, abs=3.0 * emission.std() / np.sqrt(60))
    assert mixing.mean() == pytest.approx(1.0, abs=3.0 * mixing.std() / np.sqrt(60))
    assert min(p.emission_factor.min() for p in made) > 0.0


def test_control_has_none(domain: Domain) -> None:
    control = perturb(CYCLE, "m00", domain, SECTORS, EnsembleConfig())
    assert np.all(control.emission_factor == 1.0)
    assert np.all(control.boundary_layer_factor == 1.0)
    assert np.all(control.diffusivity_factor == 1.0)
    assert np.all(control.stream_function == 0.0)
    hour = _hour(domain)
    assert perturb_hour(hour, control) is hour
    assert sector_factors(control, SECTORS) is None


def test_a_member_follows_from_cycle_and_name_alone(domain: Domain) -> None:
    options = EnsembleConfig()
    first = perturb(CYCLE, "m01", domain, SECTORS, options)
    again = perturb(CYCLE, "m01", domain, SECTORS, options)
    fewer = perturb(CYCLE, "m01", domain, SECTORS[2:0:-1], options)
    assert _digest(first.stream_function) == _digest(again.stream_function)
    assert np.array_equal(first.emission_factor, again.emission_factor)
    assert np.array_equal(fewer.emission_factor, first.emission_factor[2:0:-1])
    other_member = perturb(CYCLE, "m02", domain, SECTORS, options)
    other_cycle = perturb("2022-01-01T16", "m01", domain, SECTORS, options)
    other_seed = perturb(CYCLE, "m01", domain, SECTORS, EnsembleConfig(seed="x"))
    for other in (other_member, other_cycle, other_seed):
        assert not np.allclose(other.emission_factor, first.emission_factor, rtol=1e-3)
        assert not np.allclose(other.stream_function, first.stream_function, rtol=1e-3)


def test_sectors_are_independent(domain: Domain) -> None:
    options = EnsembleConfig()
    pairs = np.array(
        [
            np.log(perturb(CYCLE, f"m{k:02d}", domain, SECTORS[:2], options).emission_factor)[
                :, ::16, ::16
            ].reshape(2, -1)
            for k in range(1, 40)
        ]
    )
    assert abs(np.corrcoef(pairs[:, 0].ravel(), pairs[:, 1].ravel())[0, 1]) < 0.1


def test_wind_increments_have_no_divergence(domain: Domain) -> None:
    made = perturb(CYCLE, "m01", domain, SECTORS, EnsembleConfig())
    flux_x, flux_y = flux_increments(made.stream_function)
    divergence = np.diff(flux_x, axis=2) + np.diff(flux_y, axis=1)
    scale = np.abs(made.stream_function).max()
    assert np.abs(divergence).max() < 1e-14 * scale
    assert np.abs(flux_x).max() > 1e-3 * scale


def test_wind_has_the_stated_size(domain: Domain) -> None:
    """The wind of an ensemble of stream functions, from fluxes, mass and true face lengths."""
    wind = WindPerturbation()
    options = EnsembleConfig(wind=wind)
    grid = domain.horizontal
    mass = domain.levels.layer_mass(np.array(101325.0))
    squares = []
    for k in range(1, 31):
        made = perturb(CYCLE, f"m{k:02d}", domain, SECTORS[:1], options)
        flux_x, flux_y = flux_increments(made.stream_function)
        u = flux_x * grid.map_factor_x / (grid.cell_size * mass[:, None, None])
        v = flux_y * grid.map_factor_y / (grid.cell_size * mass[:, None, None])
        squares.append(np.mean(u**2, axis=(1, 2)) + np.mean(v**2, axis=(1, 2)))
    rms = np.sqrt(np.mean(squares, axis=0))
    assert rms[0] == pytest.approx(wind.rms_surface, rel=0.08)
    assert rms[-1] == pytest.approx(wind.rms_aloft, rel=0.10)
    assert np.all(np.diff(rms) > -0.05)


def test_apply_changes_fluxes_and_mixing_and_nothing_else(domain: Domain) -> None:
    made = perturb(CYCLE, "m01", domain, SECTORS, EnsembleConfig())
    hour = _hour(domain)
    changed = perturb_hour(hour, made)
    assert changed.boundary_layer_height == pytest.approx(
        hour.boundary_layer_height * made.boundary_layer_factor, rel=1e-6
    )
    flux_x, _ = flux_increments(made.stream_function)
    assert changed.mass_flux_x == pytest.approx(hour.mass_flux_x + flux_x, rel=1e-6)
    assert changed.mass_flux_y.dtype == np.float32
    assert changed.wind_speed_10m is hour.wind_speed_10m
    assert changed.air_temperature is hour.air_temperature


def test_a_tile_of_the_perturbed_hour_is_the_perturbed_tile(domain: Domain) -> None:
    made = perturb(CYCLE, "m01", domain, SECTORS, EnsembleConfig())
    hour = _hour(domain)
    j, i = slice(7, 21), slice(30, 64)
    whole = perturb_hour(hour, made).tile(j, i)
    part = perturb_hour(hour.tile(j, i), made.tile(j, i))
    assert np.array_equal(whole.mass_flux_x, part.mass_flux_x)
    assert np.array_equal(whole.mass_flux_y, part.mass_flux_y)
    assert np.array_equal(whole.boundary_layer_height, part.boundary_layer_height)
    factors = sector_factors(made.tile(j, i), SECTORS)
    assert factors is not None
    assert np.array_equal(factors, made.emission_factor[:, j, i])


def test_sectors_are_put_in_the_order_of_the_inventory(domain: Domain) -> None:
    made = perturb(CYCLE, "m01", domain, SECTORS, EnsembleConfig())
    turned = sector_factors(made, SECTORS[::-1])
    assert turned is not None
    assert np.array_equal(turned, made.emission_factor[::-1])
    with pytest.raises(ConfigurationError, match="shipping"):
        sector_factors(made, ("shipping",))


def test_a_sector_without_amplitude_stops(domain: Domain) -> None:
    with pytest.raises(ConfigurationError, match="shipping"):
        perturb(CYCLE, "m01", domain, ("power", "shipping"), EnsembleConfig())


def _digest(values: np.ndarray) -> str:
    return hashlib.sha256(values.tobytes()).hexdigest()
