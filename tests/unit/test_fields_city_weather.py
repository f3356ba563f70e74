"""Wind and mixing of the natural day, 01:00 to 24:00 in Beijing."""

from datetime import date

import numpy as np

from forecast.fields.city_weather import daily_weather


def test_only_complete_local_days_are_summarised() -> None:
    # labels 2021-12-31 23:00 to 2022-01-02 01:00 Beijing: only 1 January is complete
    labels = np.datetime64("2021-12-31T15", "s") + np.arange(27) * np.timedelta64(3600, "s")
    hour = np.arange(27.0)
    wind = np.stack([hour, 2 * hour], axis=1)
    found = daily_weather(("Jinan", "Qingdao"), labels, wind, 100 * wind)
    assert [(entry.city_en, entry.date) for entry in found] == [
        ("Jinan", date(2022, 1, 1)),
        ("Qingdao", date(2022, 1, 1)),
    ]
    # 1 January holds the labels 01:00 to 24:00, here hours 2 to 25
    assert found[0].wind_speed_mean == 13.5
    assert found[1].mixing_height_max == 5000.0
