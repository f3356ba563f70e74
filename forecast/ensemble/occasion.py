"""When and why a decision was taken, written into it."""

from dataclasses import replace
from datetime import datetime, timedelta

from forecast.config.clock import ClockConfig
from forecast.ensemble.quorum import products_of
from forecast.fields.decision import Decision, DriverRecord
from forecast.fields.membership import Membership


def on_occasion(
    membership: Membership, decision: Decision, record: DriverRecord, options: ClockConfig
) -> Membership:
    """Write into a decision why it was taken now, and which products still wait for members.

    Args:
        membership: Who is in.
        decision: What the driver asked for.
        record: What the driver knows: from when the cutoffs count, what it did to members.
        options: The cutoffs.
    """
    everyone = all(view.ended for view in decision.members)
    settled = {*record.settled, *decision.products}
    clocks = dict(products_of(options))
    return replace(
        membership,
        revision=decision.revision,
        trigger=decision.trigger,
        decided_at=decision.decided_at,
        interventions=record.interventions,
        products=tuple(
            replace(
                product,
                final=everyone or product.product in settled,
                soft=_after(record.origin, clocks[product.product].soft_minutes),
                hard=_after(record.origin, clocks[product.product].hard_minutes),
            )
            for product in membership.products
        ),
    )


def _after(origin: datetime, minutes: float | None) -> datetime | None:
    return None if minutes is None else origin + timedelta(minutes=minutes)
