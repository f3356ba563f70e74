"""The bulletins as a reader's browser shows them: whole, offline, on a desk and on a telephone."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from forecast.bulletins import exercise
from forecast.bulletins.advice import read_advice
from forecast.bulletins.html import pages
from forecast.bulletins.maps import outlines
from forecast.config.domain import DomainConfig
from forecast.config.yaml_file import read_yaml
from forecast.grid.domain import Domain
from forecast.grid.regions import read_regions
from tools.browser import Browser, BrowserFailure, find

pytestmark = pytest.mark.browser

DESK, TELEPHONE = 1280, 390


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all pages."""
    program = find()
    if program is None:
        pytest.skip("there is no Chromium: make test-browser")
    with Browser(program) as running:
        yield running


def written(root: Path, folder: Path, drill: exercise.Drill) -> Path:
    """Write the pages of one drill as a cycle's products."""
    bulletin = exercise.make(drill)
    config = DomainConfig.model_validate(read_yaml(root / "configs/domains/shandong_27km.yaml"))
    shapes = outlines(
        read_regions(root / "data/static/shandong_cities.geojson"),
        Domain.from_config(config).horizontal.project,
        [city.name_en for city in bulletin.cities],
    )
    advice = read_advice(root / "configs/bulletins/advice.yaml")
    for name, text in pages(bulletin, advice, shapes).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module", params=[*exercise.Drill, "cycle"])
def products(
    request: pytest.FixtureRequest, project_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Folders of pages: every drill, and the newest cycle that was run here."""
    if request.param == "cycle":
        cycles = sorted(project_root.glob("runs/*/latest/products/bulletin.html"))
        if not cycles:
            pytest.skip("no cycle was run here: make forecast")
        return max(cycles, key=lambda path: path.stat().st_mtime).parent
    folder = tmp_path_factory.mktemp("drill") / request.param / "products"
    return written(project_root, folder, request.param)


def page_names(products: Path) -> list[Path]:
    """The province's page and three of the cities'."""
    cities = sorted((products / "cities").glob("*.html"))
    assert len(cities) == 16
    return [products / "bulletin.html", cities[0], cities[7], cities[-1]]


@pytest.mark.parametrize("width", [DESK, TELEPHONE])
def test_pages_are_whole_and_ask_nobody_for_anything(
    browser: Browser, products: Path, project_root: Path, width: int
) -> None:
    for path in page_names(products):
        page = browser.open(path, width)

        assert page.requests == [path.resolve().as_uri()]
        assert page.complaints == []
        assert page.evaluate("document.documentElement.lang").startswith("zh")
        assert re.search(r"[\u4e00-\u9fff]{4}", page.evaluate("document.title"))
        assert page.evaluate("document.images.length + document.querySelectorAll('svg').length") > 0
        broken = "[...document.images].filter(i => !i.complete || !i.naturalWidth).length"
        assert page.evaluate(broken) == 0
        overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(overflow) <= 0, f"{path.name} is wider than {width} px"
        picture = page.picture()
        keep(project_root, products, path, width, picture)
        assert has_something_to_see(picture)


def keep(root: Path, products: Path, path: Path, width: int, picture: bytes) -> None:
    """Leave the picture below `build/pages`, for people."""
    folder = root / "build" / "pages"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{products.parent.name}-{path.stem}-{width}.png").write_bytes(picture)


def has_something_to_see(picture: bytes) -> bool:
    """Whether a picture has dark text, coloured areas and a light ground."""
    pixels = matplotlib.image.imread(io.BytesIO(picture))[..., :3]
    light = pixels.mean(axis=-1)
    colourful = np.ptp(pixels, axis=-1) > 0.3
    return bool((light < 0.4).mean() > 0.002 and (light > 0.9).mean() > 0.3 and colourful.any())


def test_links_of_the_pages_lead_to_files_that_exist(browser: Browser, products: Path) -> None:
    drilled = not (products / "cities_daily.csv").exists()
    for path in page_names(products):
        page = browser.open(path)

        links = page.evaluate("[...document.links].map(a => a.href)")

        assert links
        for link in links:
            assert link.startswith("file:"), link
            target = Path(re.sub(r"^file://|[#?].*$", "", link))
            if not (drilled and target.suffix in {".csv", ".json", ".nc"}):  # pages alone
                assert target.is_file(), f"{path.name} leads to {link}"


def test_a_page_that_asks_the_network_is_found_out(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<!doctype html><img src='http://example.test/a.png'>", encoding="utf-8")

    seen = browser.open(page)

    assert "http://example.test/a.png" in seen.requests
    assert seen.complaints


def test_a_page_with_a_broken_script_is_found_out(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<!doctype html><script>throw new Error('x')</script>", encoding="utf-8")

    seen = browser.open(page)

    assert seen.complaints == ["Uncaught"]
    with pytest.raises(BrowserFailure, match="throws"):
        seen.evaluate("nothing.there")
