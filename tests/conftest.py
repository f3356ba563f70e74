"""What every test may count on: one thread, fixed seeds, and the reference data where they are."""

import os

# Before anything imports numpy or numba, which read these once. One thread: the order of sums is
# fixed, and tests beside MPI ranks do not fight for cores.
for _name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ["MPLBACKEND"] = "Agg"

from pathlib import Path  # noqa: E402 - after the threads

import numpy as np  # noqa: E402
import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

from forecast.chemistry.composition import Composition, composition_of  # noqa: E402
from forecast.chemistry.solver import GasSolver, default_sub_steps  # noqa: E402
from forecast.config.chemistry import ChemistryConfig  # noqa: E402

SEED = 20220101
REFERENCE_DATA = "FORECAST_REFERENCE_DATA"

settings.register_profile(
    "project", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("project")


@pytest.fixture
def rng() -> np.random.Generator:
    """A random generator with the same seed in every test."""
    return np.random.default_rng(SEED)


@pytest.fixture(scope="session")
def project_root() -> Path:
    """Folder of the checkout."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def composition() -> Composition:
    """Species of the model, with the gas chemistry compiled."""
    made = composition_of(ChemistryConfig())
    GasSolver(made.gas, default_sub_steps(600.0)).warm()
    return made


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """Folder of data that may be read for comparison but not be shipped.

    Skips the test where the environment variable does not name it.
    """
    name = os.environ.get(REFERENCE_DATA, "")
    if not name:
        pytest.skip(f"reference data: set {REFERENCE_DATA} to their folder")
    folder = Path(name)
    if not folder.is_dir():
        pytest.fail(f"{REFERENCE_DATA} is '{name}', which is no folder; correct or unset it")
    return folder
