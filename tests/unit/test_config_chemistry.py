"""What chemistry asks of the step of transport."""

import pytest

from forecast.common.errors import ConfigurationError
from forecast.config.load import resolve


@pytest.mark.parametrize("step", [1200, 720, 900])
def test_chemistry_needs_pairs_of_short_steps(step: int) -> None:
    with pytest.raises(
        ConfigurationError, match=r"transport\.time_step .* runs once for two steps"
    ):
        resolve("january_2022", settings=[f"transport.time_step={step}", "chemistry.sub_steps=[]"])
    resolve("january_2022", settings=[f"transport.time_step={step}", "chemistry.scheme=none"])


def test_sub_steps_add_up_to_two_steps() -> None:
    with pytest.raises(ConfigurationError, match=r"sub_steps add up to '300' s.*1200 s"):
        resolve("january_2022", settings=["chemistry.sub_steps=[10, 40, 100, 150]"])
    resolve(
        "january_2022",
        settings=["transport.time_step=150", "chemistry.sub_steps=[10, 40, 100, 150]"],
    )
