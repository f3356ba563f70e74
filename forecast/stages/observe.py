"""What stations measured up to the cycle, out of the store and with the flags of the checks."""

from collections import Counter

import numpy as np

from forecast.common.degradation import Degradation
from forecast.common.errors import ForecastError
from forecast.fields.observations import REASONS, Readings
from forecast.stages.observations import good_readings, store_of
from forecast.stages.task import Task
from forecast.storage.observation_sql import Wanted
from forecast.storage.reading_table import write_readings


def run(task: Task) -> None:
    """Write the readings of the hours up to the cycle; without any, say so and go on."""
    options = task.configuration.observations
    end = task.cycle.start
    begin = end - np.timedelta64(options.hours - 1, "h")
    reason = "it holds no reading of these hours"
    try:
        found = store_of(options).read(Wanted(begin=begin, end=end, as_of=task.as_of))
    except ForecastError as error:
        found, reason = Readings.empty(), str(error)
    table = good_readings(found, options)
    if not table.size:
        task.record.fell_back(
            Degradation(
                stage="observe",
                what=f"no observations of {options.hours} hours up to the cycle: {reason}",
                original=f"readings of the store '{options.store}'",
                replacement="none",
                effect="起报前无站点观测资料，预报未利用最新监测数据。",
                code="no-observations",
            ).announce()
        )
    write_readings(task.run.observations, table)
    task.record.wrote(task.run.observations)
    doubted = Counter(
        {text: int(((table.flag & int(bit)) != 0).sum()) for bit, text in REASONS.items()}
    )
    task.record.note(readings=table.size, stations=len(table.stations), doubted=dict(+doubted))
