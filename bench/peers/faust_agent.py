"""An idiomatic Faust agent: one record at a time."""

import logging
import tempfile
from typing import Any

import faust
from faust import Worker

from bench.peers.checks import Job, is_good

job = Job()
app = faust.App(
    job.group,
    broker=f"kafka://{job.bootstrap}",
    value_serializer="raw",
    key_serializer="raw",
    store="memory://",
    datadir=tempfile.mkdtemp(),
    topic_disable_leader=True,
    topic_allow_declare=False,
    web_enabled=False,
    consumer_auto_offset_reset="earliest",
    producer_linger=0.005,
    producer_acks=-1,
    stream_wait_empty=False,
)
samples = app.topic(job.samples, value_type=bytes)
accepted = app.topic(job.accepted, value_type=bytes)
rejected = app.topic(job.rejected, value_type=bytes)


@app.agent(samples)
async def screen(stream: Any) -> None:
    """Send each record on."""
    async for value in stream:
        await (accepted if is_good(value) else rejected).send(value=value)


if __name__ == "__main__":
    Worker(app, loglevel=logging.WARNING, quiet=True, redirect_stdouts=False).execute_from_commandline()
