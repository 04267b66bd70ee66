"""The same job in a bare loop over aiokafka, without any framework."""

import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from bench.peers.checks import Job, is_good

BATCH = 2000


async def main() -> None:
    """Read batches and send their records on; commit once they are confirmed."""
    job = Job()
    consumer = AIOKafkaConsumer(
        job.samples,
        bootstrap_servers=job.bootstrap,
        group_id=job.group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    producer = AIOKafkaProducer(bootstrap_servers=job.bootstrap, acks="all", linger_ms=5, max_batch_size=1_000_000)
    await consumer.start()
    await producer.start()
    while True:
        batches = await consumer.getmany(timeout_ms=100, max_records=BATCH)
        for at, records in batches.items():
            for record in records:
                topic = job.accepted if is_good(record.value) else job.rejected
                await producer.send(topic, record.value, partition=at.partition)
        await producer.flush()
        if batches:
            await consumer.commit()


if __name__ == "__main__":
    asyncio.run(main())
