"""What all that is drawn by chance is made with."""

import numpy as np

from portal.demo import story

NEVER = np.iinfo(np.int64).max // 4
Columns = dict[str, np.ndarray]


def pick(shares: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Index of a share by a number in [0, 1); shares need not add up to exactly 1."""
    edges = np.cumsum(shares)
    return np.searchsorted(edges[:-1] / edges[-1], chance, side="right")


def seconds(rng, n, median, sigma, *, longest=story.LONGEST_STEP) -> np.ndarray:
    """Lognormal durations in whole seconds, at most ``longest``."""
    return np.minimum(rng.lognormal(np.log(median), sigma, n), longest).astype(np.int64) + 1


def joined(parts: list[Columns]) -> Columns:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
