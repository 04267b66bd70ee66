"""The ledger's receipts."""

from collections.abc import Sequence
from functools import reduce
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import insert

from quality.rules import Window
from schemas.verdicts import Receipt, Tally
from storage.database import lost_connections_named
from storage.tables import ReceiptRow


@lost_connections_named()
def record(engine: Engine, receipts: Sequence[Receipt]) -> None:
    """Keep the receipts; one that is kept already stays as it is."""
    rows = [
        {
            "topic": receipt.topic,
            "partition": receipt.partition,
            "first": receipt.first,
            "next": receipt.next,
            "body": receipt.model_dump(mode="json"),
        }
        for receipt in receipts
    ]
    if rows:
        with engine.begin() as connection:
            connection.execute(insert(ReceiptRow).on_conflict_do_nothing(), rows)


@lost_connections_named()
def receipts_of(engine: Engine, topic: str) -> list[Receipt]:
    """Return the topic's receipts, by partition and offset."""
    row = ReceiptRow
    with engine.connect() as connection:
        bodies = connection.scalars(select(row.body).where(row.topic == topic).order_by(row.partition, row.first))
        return [Receipt.model_validate(body) for body in bodies]


@lost_connections_named()
def window(engine: Engine, topic: str, last: int) -> Window:
    """Return what rules that allow some rows to break them counted in the `last` receipts."""
    row = ReceiptRow
    asked = select(row.body["window"]).where(row.topic == topic).order_by(row.received_at.desc()).limit(last)
    with engine.connect() as connection:
        return reduce(Window.merge, (_window(found) for found in connection.scalars(asked)), Window())


def _window(found: Any) -> Window:
    return Window(tallies={key: Tally.model_validate(tally) for key, tally in (found or {}).items()})
