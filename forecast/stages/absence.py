"""Publishing that there is no forecast."""

from datetime import UTC, datetime

from forecast.bulletins import absence, html
from forecast.bulletins.absence import Absence, Place
from forecast.bulletins.content import LOCAL
from forecast.common.cycle import Cycle
from forecast.common.errors import CycleError
from forecast.config.run import RunPaths
from forecast.fields.membership import Membership
from forecast.grid.regions import read_cities
from forecast.stages.task import Task
from forecast.storage.atomic import write_text

RECORD = "no_forecast.json"


def publish_absence(task: Task, membership: Membership) -> None:
    """Write pages and record in place of the bulletins."""
    configuration = task.configuration
    options = configuration.bulletins
    cities = read_cities(task.input(configuration.places.cities))
    last = _last_product(task.run)
    content = Absence(
        region=options.region_name,
        issuing_body=options.issuing_body,
        contact=options.contact,
        mark=options.exercise_mark if configuration.case.exercise else "",
        case_title=configuration.case.title_zh,
        cycle=task.cycle.name,
        revision=task.run.revision,
        start=task.cycle.time.astimezone(LOCAL),
        issued=datetime.now(UTC).astimezone(LOCAL).replace(microsecond=0),
        reasons=tuple(dict.fromkeys(entry.effect for entry in membership.degradations)),
        last=None if last is None else last.time.astimezone(LOCAL),
        cities=tuple(Place(name_en=city.name_en, name_zh=city.name_zh) for city in cities),
    )
    texts = html.absence_pages(content) | {RECORD: absence.record(content)}
    for name, text in texts.items():
        path = task.run.products / name
        write_text(path, text)
        task.record.wrote(path)


def _last_product(run: RunPaths) -> Cycle | None:
    """The newest earlier cycle in the same folder whose product holds a forecast."""
    found = []
    for folder in run.folder.parent.glob("*/latest"):
        try:
            cycle = Cycle.parse(folder.parent.name)
        except CycleError:
            continue
        if cycle < run.cycle and (folder / "cities.json").is_file():
            found.append(cycle)
    return max(found, default=None)
