"""Something to look at on an empty platform: a project's own simulated production, published once."""

from assay.demo.script import Script
from assay.demo.stages import wait_for
from assay.services import Services
from storage import queue
from streams.producer import SampleProducer
from streams.topics import offsets

# Good records, of which routing selects some hundred for labeling; and the seed of the demo.
SAMPLES, SEED = 2_000, 7
# How long screening may take until the first sample waits for a label, in seconds.
PATIENCE = 120.0


def publish_once(services: Services) -> str | None:
    """Publish the simulation of the project's folder, and wait until something is to be labeled; return what it is.

    Returns:
        What was published and what of it is real; None where the project had samples, and nothing was published.

    Raises:
        InputError: the folder brings no simulation.
        UnavailableError: nothing was selected for labeling in time.
    """
    project = services.project
    if any(end for _, end in offsets(services.bootstrap, project.topics.samples).values()):
        return None
    script = Script.of(project.folder, samples=SAMPLES, seed=SEED)
    with SampleProducer(project.config.name, bootstrap=services.bootstrap) as producer:
        for record in script.records:
            producer.send_bytes(record.value, key=record.key)
    name = project.config.name
    wait_for("selecting a sample", lambda: queue.depths(services.engine, name).open > 0, seconds=PATIENCE)
    return (
        f"Published {len(script.records):,} samples: {script.simulation.real}; that they come as production, and what "
        "is wrong with some, is simulated."
    )
