"""How good a model is, and how good it would be if its scores were right.

The mean calibrated top score is the accuracy to expect without a single label: confidence-based performance estimation.
It follows a change of the data that scores tell of, and is blind to a change of the concept: there audit labels say
otherwise, by more than the interval of their difference.

Sources: Hendrycks and Gimpel (2017), "A baseline for detecting misclassified and out-of-distribution examples in neural
networks"; Garg et al. (2022), "Leveraging unlabeled data to predict out-of-distribution performance", for its limits.
"""

from math import sqrt

from quality.intervals import Z_95, Interval, difference, wilson


def expected_accuracy(tops: float, squares: float, count: int) -> Interval:
    """Return the accuracy that the top scores p promise over `count` samples, at least one, with its interval.

    `tops` is Σp and `squares` Σp²; right answers then vary by Σp(1 - p).
    """
    mean = tops / count
    spread = Z_95 * sqrt(max(0.0, tops - squares)) / count
    return Interval(estimate=mean, low=max(0.0, mean - spread), high=min(1.0, mean + spread))


def overconfidence(expected: Interval, right: int, labels: int) -> Interval:
    """Return by how much the expected accuracy exceeds the audited one, `right` of `labels`, with an interval."""
    return difference(expected, wilson(right, labels))
