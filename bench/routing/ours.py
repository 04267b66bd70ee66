"""The router of Assay as a selector."""

from bench.routing.selector import Chunk, Labeled, Places


class Assay:
    """Choose as `quality.routing` does."""

    def __init__(self, seed: int) -> None:
        raise NotImplementedError

    def select(self, chunk: Chunk) -> Places:
        """Return the places that the router chooses."""
        raise NotImplementedError

    def learn(self, labeled: Labeled) -> None:
        """Tell the router what it has found."""
        raise NotImplementedError
