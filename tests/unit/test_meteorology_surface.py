"""Sun, radiation, similarity functions and surface fluxes against almanacs and integrals."""

from collections.abc import Callable

import numpy as np
import pytest

from forecast.common.constants import GRAVITY, VON_KARMAN
from forecast.common.sun import Sun, solar_position
from forecast.config.meteorology import BoundaryLayerConfig, LandSurfaceConfig
from forecast.fields.arrays import Float
from forecast.prepare import diagnose, similarity, surface_energy
from forecast.prepare.surface_energy import Ground, SurfaceAir, Tile

BEIJING = (np.array(116.4), np.array(39.9))


def elevation(time: str) -> float:
    sun = solar_position(np.datetime64(time, "s"), *BEIJING)
    return float(np.degrees(np.arcsin(sun.sine)))


@pytest.mark.parametrize(
    ("noon", "degrees"),
    [
        # 90 - latitude + declination, declinations of the astronomical almanac
        ("2022-06-21T04:16", 73.5),
        ("2022-12-22T04:13", 26.7),
        ("2022-01-01T04:18", 27.1),
        ("2022-03-20T04:22", 49.9),
    ],
)
def test_noon_elevation_in_beijing(noon: str, degrees: float) -> None:
    assert elevation(noon) == pytest.approx(degrees, abs=0.35)


def test_sunrise_and_sunset_in_beijing_on_new_year() -> None:
    # published times 07:36 and 16:59 Beijing time, for the upper limb with refraction (-0.83 deg)
    assert elevation("2021-12-31T23:31") < -0.83 < elevation("2021-12-31T23:41")
    assert elevation("2022-01-01T08:54") > -0.83 > elevation("2022-01-01T09:04")


def test_sunlight_is_strongest_near_perihelion() -> None:
    january = solar_position(np.datetime64("2022-01-04T04", "s"), *BEIJING)
    july = solar_position(np.datetime64("2022-07-04T04", "s"), *BEIJING)
    assert january.distance_factor == pytest.approx(1.0 / 0.98333**2, abs=2e-3)
    assert july.distance_factor == pytest.approx(1.0 / 1.01671**2, abs=2e-3)


def test_shortwave_of_a_clear_and_an_overcast_sky() -> None:
    sun = Sun(np.array([0.5, 0.5, 0.01, -0.4]), 1.0)
    cover = np.array([0.0, 1.0, 0.0, 0.0])
    found = surface_energy.downwelling_shortwave(sun, cover)
    np.testing.assert_allclose(found, [465.0, 116.25, 0.0, 0.0])


def test_net_radiation_of_a_worked_example() -> None:
    # (0.8 x 465 + 5.31e-13 x 280^6 + 60 x 0.5 - 5.670374e-8 x 280^4) / 1.12, by hand
    found = surface_energy.net_radiation(np.array(465.0), np.array(0.5), np.array(280.0), 0.2)
    assert float(found) == pytest.approx((372.0 + 255.89 + 30.0 - 348.54) / 1.12, abs=0.1)


def test_heat_flux_of_wet_and_dry_land() -> None:
    land = LandSurfaceConfig()
    net, warm = np.array(200.0), np.array(293.15)
    dry = surface_energy.daytime_heat_flux(net, warm, land.winter)
    wet = surface_energy.daytime_heat_flux(net, warm, land.summer)
    # at 20 C the slope of saturation pressure is 145 Pa K-1, the constant 67: ratio 0.46
    assert float(dry) == pytest.approx((0.5 + 0.46) / 1.46 * 140.0 - 20.0, abs=1.5)
    assert float(wet) == pytest.approx((0.1 + 0.46) / 1.46 * 180.0 - 20.0, abs=1.5)


@pytest.mark.parametrize(
    ("month", "season"),
    [(12, "winter"), (2, "winter"), (3, "spring"), (8, "summer"), (9, "autumn")],
)
def test_seasons_of_the_land(month: int, season: str) -> None:
    land = LandSurfaceConfig()
    assert land.season(month) is getattr(land, season)


def test_saturation_humidity_of_published_vapour_pressures() -> None:
    # Pa: 0 C and 20 C over water, -30 C over ice (WMO; Murphy and Koop 2005)
    for temperature, vapour in ((273.16, 611.7), (293.15, 2339.2), (243.15, 38.02)):
        expected = 0.622 * vapour / (1e5 - 0.378 * vapour)
        found = diagnose.saturation_humidity(np.array(1e5), np.array(temperature))
        assert float(found) == pytest.approx(expected, rel=0.01)


def test_cloud_of_layers_and_of_the_column() -> None:
    cover = diagnose.cloud_fraction(np.array([0.5, 0.8, 0.95, 1.0, 1.2]), 0.8)
    np.testing.assert_allclose(cover, [0.0, 0.0, 0.5, 1.0, 1.0])
    apart = np.array([0.3, 0.0, 0.3]).reshape(3, 1, 1)
    touching = np.array([0.3, 0.4, 0.0]).reshape(3, 1, 1)
    assert diagnose.total_cloud(apart)[0, 0] == pytest.approx(1.0 - 0.7 * 0.7)
    assert diagnose.total_cloud(touching)[0, 0] == pytest.approx(0.4)


def integral_of_profile(zeta: float, gradient: Callable[[Float], Float]) -> float:
    """Numerical integral of (1 - phi) / zeta from 0."""
    points = np.linspace(0.0, zeta, 200001)[1:]
    middle = points - 0.5 * zeta / 200000
    values = (1.0 - gradient(middle)) / middle
    return float(np.sum(values) * zeta / 200000)


@pytest.mark.parametrize("zeta", [-0.01, -0.5, -3.0])
def test_unstable_functions_integrate_their_gradients(zeta: float) -> None:
    momentum = integral_of_profile(zeta, lambda z: (1.0 - 16.0 * z) ** -0.25)
    heat = integral_of_profile(zeta, lambda z: (1.0 - 16.0 * z) ** -0.5)
    assert similarity.unstable_momentum(zeta) == pytest.approx(momentum, abs=1e-4)
    assert similarity.unstable_heat(zeta) == pytest.approx(heat, abs=1e-4)


@pytest.mark.parametrize("zeta", [0.01, 0.5, 8.0])
def test_stable_function_integrates_its_gradient(zeta: float) -> None:
    def gradient(z: Float) -> Float:
        result: Float = 1.0 + 0.7 * z + 0.75 * z * np.exp(-0.35 * z) * (1.0 + 5.0 - 0.35 * z)
        return result

    assert -similarity.stable_momentum(zeta) == pytest.approx(
        integral_of_profile(zeta, gradient), abs=1e-4
    )


def test_neutral_wind_is_logarithmic() -> None:
    assert similarity.wind_function(10.0, 0.1, 0.0) == pytest.approx(np.log(100.0))
    assert similarity.heat_function(2.0, 10.0, 0.0) == pytest.approx(np.log(5.0))


def layer(roughness: Float) -> similarity.SurfaceLayer:
    return similarity.SurfaceLayer(150.0, roughness, similarity.most_stable(150.0, roughness))


def test_stable_solution_meets_both_of_its_equations() -> None:
    roughness, temperature = np.array([0.02, 0.3, 1.0]), np.full(3, 275.0)
    speed, theta_star = np.full(3, 12.0), np.full(3, 0.07)
    friction, inverse = layer(roughness).stable_friction(speed, theta_star, temperature)
    profile = friction / VON_KARMAN * similarity.wind_function(150.0, roughness, inverse)
    np.testing.assert_allclose(profile, speed, rtol=1e-4)
    length = temperature * friction**2 / (VON_KARMAN * GRAVITY * theta_star)
    np.testing.assert_allclose(1.0 / inverse, length, rtol=1e-6)


def test_calm_nights_scale_down_with_the_wind() -> None:
    roughness, temperature = np.full(2, 0.3), np.full(2, 275.0)
    friction, inverse = layer(roughness).stable_friction(
        np.array([1.0, 2.0]), np.full(2, 0.08), temperature
    )
    assert friction[1] == pytest.approx(2.0 * friction[0], rel=1e-6)
    assert inverse[0] == pytest.approx(2.0 * inverse[1], rel=1e-6)


def test_unstable_solution_meets_its_profile() -> None:
    roughness, flux = np.array([0.05, 0.5]), np.array([0.08, 0.02])
    speed, temperature = np.array([3.0, 6.0]), np.full(2, 280.0)
    friction = layer(roughness).unstable_friction(speed, flux, temperature)
    inverse = similarity.inverse_obukhov_length(flux, friction, temperature)
    profile = friction / VON_KARMAN * similarity.wind_function(150.0, roughness, inverse)
    np.testing.assert_allclose(profile, speed, rtol=1e-2)
    assert np.all(inverse < 0.0)


def ground(share: float, urban: float = 0.0) -> Ground:
    cell = np.full((1, 1), share)
    tiles = []
    for mask, length in ((cell > 0.0, 0.3), (cell < 1.0, surface_energy.SEA_ROUGHNESS)):
        cells = np.full((1, 1), length)[mask]
        tiles.append(Tile(mask, cells, similarity.most_stable(150.0, cells)))
    length = surface_energy.OPEN_LENGTH
    length += (surface_energy.URBAN_LENGTH - length) * urban
    return Ground(cell, np.full((1, 1), 0.3), np.full((1, 1), 1.0 / length), *tiles)


def fluxes(share: float, heat: float, wind: float = 5.0, urban: float = 0.0) -> list[float]:
    air = SurfaceAir(*(np.full((1, 1), value) for value in (wind, 275.0, 1e5, 0.0, 400.0)))
    sea = np.full((1, 1), 279.0)
    available = np.full((1, 1), heat)
    found = surface_energy.surface_fluxes(
        air, ground(share, urban), available, sea, BoundaryLayerConfig()
    )
    return [float(field[0, 0]) for field in found]


def test_heated_land_is_unstable_and_carries_the_given_heat() -> None:
    friction, inverse, flux, _ = fluxes(1.0, 120.0)
    density = 1e5 / (287.06 * 275.0)
    assert flux == pytest.approx(120.0 / (density * 1004.6), rel=1e-3)
    assert inverse < 0.0
    assert friction > VON_KARMAN * 5.0 / np.log(500.0)


def test_land_by_night_is_stable_and_bounded() -> None:
    friction, inverse, flux, _ = fluxes(1.0, -30.0)
    assert flux < 0.0 < inverse <= 0.5
    assert friction >= BoundaryLayerConfig().minimum_friction_velocity
    assert flux >= -surface_energy.LARGEST_COOLING
    assert fluxes(1.0, -30.0, wind=25.0)[2] >= -surface_energy.LARGEST_COOLING
    assert fluxes(1.0, -30.0, wind=0.0, urban=1.0)[1] <= 1.0 / 50.0


def test_warm_sea_heats_the_air_by_day_and_night() -> None:
    # 1.13e-3 x U10 x 4 K with U10 from the neutral profile of open sea
    wind10 = 5.0 * np.log(10.0 / 2e-4) / np.log(150.0 / 2e-4)
    for heat in (-30.0, 150.0):
        assert fluxes(0.0, heat)[2] == pytest.approx(1.13e-3 * wind10 * 4.0, rel=1e-6)


def test_coastal_cells_mix_by_area() -> None:
    land, sea, coast = fluxes(1.0, 150.0)[2], fluxes(0.0, 150.0)[2], fluxes(0.25, 150.0)[2]
    assert coast == pytest.approx(0.25 * land + 0.75 * sea)


def test_sea_temperature_stays_within_what_is_known_of_these_seas() -> None:
    latitude = np.array([28.5, 35.5, 38.7])
    february = surface_energy.sea_surface_temperature(np.datetime64("2022-02-17", "s"), latitude)
    august = surface_energy.sea_surface_temperature(np.datetime64("2022-08-18", "s"), latitude)
    np.testing.assert_allclose(february - 273.15, [18.2, 5.8, 0.75], atol=0.1)
    np.testing.assert_allclose(august - 273.15, [29.2, 24.8, 24.75], atol=0.1)
