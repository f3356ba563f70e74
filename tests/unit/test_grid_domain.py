"""The two domains that come with the project, and the configuration of a domain."""

from pathlib import Path

import numpy as np
import pytest
import shapely
from pydantic import ValidationError
from pyproj import Geod

from forecast.common.constants import EARTH_RADIUS
from forecast.config.domain import DomainConfig, ProjectionConfig
from forecast.config.yaml_file import read_yaml
from forecast.grid.domain import Domain
from forecast.grid.regions import read_regions

SPHERE = Geod(a=EARTH_RADIUS, b=EARTH_RADIUS)


def load(root: Path, name: str) -> Domain:
    config = DomainConfig.model_validate(read_yaml(root / f"configs/domains/{name}.yaml"))
    assert config.name == name
    return Domain.from_config(config)


def margin(domain: Domain, root: Path) -> float:
    """Least true distance, m, from the province's bounding box to the edge of the domain."""
    regions = read_regions(root / "data/static/shandong_cities.geojson")
    west, south, east, north = shapely.union_all([r.polygon for r in regions]).bounds
    box = shapely.get_coordinates(shapely.segmentize(shapely.box(west, south, east, north), 0.1))
    grid = domain.horizontal
    assert grid.contains(box[:, 0], box[:, 1]).all()
    outline = shapely.box(grid.x_edge[0], grid.y_edge[0], grid.x_edge[-1], grid.y_edge[-1])
    edge = shapely.get_coordinates(shapely.segmentize(outline, 10000.0))
    edge_lon, edge_lat = grid.unproject(edge[:, 0], edge[:, 1])
    count = len(edge_lon)
    least = np.inf
    for lon, lat in box:
        _, _, distance = SPHERE.inv([lon] * count, [lat] * count, edge_lon, edge_lat)
        least = min(least, float(np.min(distance)))
    return least


def test_the_default_domain_keeps_500_km_around_the_province(project_root: Path) -> None:
    domain = load(project_root, "shandong_27km")
    assert domain.shape[0] >= 14
    assert margin(domain, project_root) > 500_000.0


def test_the_fine_domain_holds_the_province(project_root: Path) -> None:
    domain = load(project_root, "shandong_9km")
    assert domain.shape[0] >= 14
    assert margin(domain, project_root) > 200_000.0


def test_the_file_of_the_default_domain_says_what_the_defaults_say(project_root: Path) -> None:
    content = read_yaml(project_root / "configs/domains/shandong_27km.yaml")
    assert DomainConfig.model_validate(content) == DomainConfig()


def test_the_fine_cells_divide_the_coarse_ones(project_root: Path) -> None:
    coarse = load(project_root, "shandong_27km").horizontal
    fine = load(project_root, "shandong_9km").horizontal
    assert set(fine.x_edge[::3]) <= set(coarse.x_edge)
    assert set(fine.y_edge[::3]) <= set(coarse.y_edge)
    assert coarse.crs == fine.crs


def test_a_domain_is_known_by_cells_and_layers(project_root: Path) -> None:
    coarse, fine = (load(project_root, f"shandong_{size}km") for size in (27, 9))
    assert coarse.fingerprint != fine.fingerprint
    assert coarse == load(project_root, "shandong_27km")
    assert coarse.name == "shandong_27km"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"nx": 2}, "greater than or equal to 3"),
        ({"cell_size": 0.0}, "greater than or equal to 500"),
        ({"name": "Shandong 27 km"}, "pattern"),
        ({"cellsize": 27000.0}, "Extra inputs"),
    ],
)
def test_a_wrong_domain_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        DomainConfig.model_validate(change)


def test_standard_parallels_stand_in_order() -> None:
    with pytest.raises(ValidationError, match="give the southern standard parallel first"):
        ProjectionConfig(latitude_1=47.0, latitude_2=25.0)
