"""The Kafka topics of one project."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Topics:
    """Name the topics of `project`; every one starts with the project's name."""

    project: str

    @property
    def samples(self) -> str:
        """What producers publish."""
        return f"{self.project}.samples"

    @property
    def accepted(self) -> str:
        """Samples that passed screening."""
        return f"{self.project}.accepted"

    @property
    def rejected(self) -> str:
        """Dead letters: the original record with every violation."""
        return f"{self.project}.rejected"

    @property
    def tasks(self) -> str:
        """Samples selected for labeling, with reasons."""
        return f"{self.project}.tasks"

    @property
    def receipts(self) -> str:
        """The account of each frame."""
        return f"{self.project}.receipts"

    @property
    def labels(self) -> str:
        """Answers of labelers, and those they took back."""
        return f"{self.project}.labels"

    @property
    def feedback(self) -> str:
        """What was found out about predictions after they were made; producers publish it."""
        return f"{self.project}.feedback"

    @property
    def steering(self) -> str:
        """What labels say of routing."""
        return f"{self.project}.steering"

    @property
    def datasets(self) -> str:
        """Announcements of published dataset versions."""
        return f"{self.project}.datasets"

    @property
    def partitioned(self) -> tuple[str, ...]:
        """Topics whose partition n belongs to partition n of `samples`."""
        return (self.samples, self.accepted, self.rejected, self.tasks, self.receipts)

    @property
    def kept(self) -> tuple[str, ...]:
        """What the keeping worker reads."""
        return (self.accepted, self.rejected, self.tasks, self.receipts, self.labels, self.feedback)

    @property
    def all(self) -> tuple[str, ...]:
        """Every topic of the project."""
        return (*self.partitioned, self.labels, self.feedback, self.steering, self.datasets)
