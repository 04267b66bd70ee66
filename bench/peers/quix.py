"""The same job in Quix Streams."""

from quixstreams import Application

from bench.peers.checks import Job, is_good

job = Job()
app = Application(
    broker_address=job.bootstrap,
    consumer_group=job.group,
    auto_offset_reset="earliest",
    auto_create_topics=False,
    loglevel="WARNING",
    producer_extra_config={"acks": "all", "linger.ms": 5, "compression.type": "lz4"},
)
samples = app.topic(job.samples, value_deserializer="bytes", key_deserializer="bytes")
accepted = app.topic(job.accepted, value_serializer="bytes", key_serializer="bytes")
rejected = app.topic(job.rejected, value_serializer="bytes", key_serializer="bytes")

judged = app.dataframe(samples).apply(lambda value: (is_good(value), value))
judged.filter(lambda one: one[0]).apply(lambda one: one[1]).to_topic(accepted)
judged.filter(lambda one: not one[0]).apply(lambda one: one[1]).to_topic(rejected)

if __name__ == "__main__":
    app.run()
