"""The ledger's receipts."""

from collections.abc import Sequence

from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import insert

from schemas.verdicts import Receipt
from storage.tables import ReceiptRow


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


def receipts_of(engine: Engine, topic: str) -> list[Receipt]:
    """Return the topic's receipts, by partition and offset."""
    row = ReceiptRow
    with engine.connect() as connection:
        bodies = connection.scalars(select(row.body).where(row.topic == topic).order_by(row.partition, row.first))
        return [Receipt.model_validate(body) for body in bodies]
