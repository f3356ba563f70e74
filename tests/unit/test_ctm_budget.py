"""The mass ledger: counting, closing, storing."""

import json

import numpy as np
import pytest

from forecast.ctm.budget import ENTRIES, LedgerFields, MassLedger
from forecast.parallel.comm import Communicator, InProcessWorld, SerialComm
from forecast.parallel.decomposition import Decomposition


def _fields(values: dict[str, float]) -> LedgerFields:
    done = LedgerFields.zeros(2, 3, 4)
    for name, value in values.items():
        getattr(done, name)[:] = value / 12.0
    return done


def test_an_hour_that_adds_up_closes() -> None:
    ledger = MassLedger(("A", "B"))
    burden = np.full((2, 3, 4), 1.0e6)
    ledger.start(SerialComm(), burden)
    happened = {
        "inflow": 12.0, "outflow": 24.0, "emission": 36.0, "dry_deposition": 6.0,
        "wet_deposition": 3.0, "chemistry": -1.2,
    }  # fmt: skip
    done = _fields(happened)
    ledger.close_hour(SerialComm(), done, burden + (12 - 24 + 36 - 6 - 3 - 1.2) / 12.0)
    np.testing.assert_allclose(ledger.residual(), 0.0, atol=1e-4)
    assert ledger.closure().max() < 1e-6
    for name, value in happened.items():
        np.testing.assert_allclose(ledger.kilograms(name), value, atol=1e-4)
        assert not getattr(done, name).any()  # counted, so cleared


def test_lost_mass_shows() -> None:
    ledger = MassLedger(("A", "B"))
    burden = np.full((2, 3, 4), 1.0e6)
    ledger.start(SerialComm(), burden)
    ledger.close_hour(SerialComm(), _fields({}), 0.99 * burden)
    np.testing.assert_allclose(ledger.residual(), -1.2e5)
    np.testing.assert_allclose(ledger.closure(), 0.01)


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_the_ledger_is_the_same_on_any_ranks_to_the_last_digit(columns: int) -> None:
    rng = np.random.default_rng(5)
    whole = {name: rng.random((2, 6, 13)) * 1e6 for name in (*ENTRIES, "start", "end")}

    def work(comm: Communicator, layout: Decomposition) -> str:
        tile = layout.tile(comm.rank)
        cut = {name: values[:, tile.j, tile.i].copy() for name, values in whole.items()}
        ledger = MassLedger(("A", "B"))
        ledger.start(comm, cut["start"])
        for _ in range(3):
            done = LedgerFields(*(cut[name].copy() for name in ENTRIES))
            ledger.close_hour(comm, done, cut["end"])
        return json.dumps(ledger.as_record())

    alone = work(SerialComm(), Decomposition(6, 13, 1, 1))
    layout = Decomposition(6, 13, 2, columns)
    assert set(InProcessWorld(layout.size).run(lambda comm: work(comm, layout))) == {alone}


def test_a_ledger_survives_json() -> None:
    ledger = MassLedger(("A",))
    ledger.start(SerialComm(), np.full((1, 2, 2), 1e12))  # counts beyond 2**53
    again = MassLedger.from_record(json.loads(json.dumps(ledger.as_record())))
    assert again == ledger
