"""Seed ranges: the one place that says which phantoms may be used for what.

A phantom is fully given by its seed, so keeping the ranges apart keeps the sets apart.
"""

TRAINING = range(0, 800_000)
VALIDATION = range(800_000, 900_000)
LOCKED_TEST = range(900_000, 1_000_000)


class LockedSeedError(ValueError):
    """A seed of the validation or locked range was offered to training."""


def require_training_seed(seed: int) -> int:
    """Return `seed` when training may use it.

    Raises:
        LockedSeedError: outside the training range; a model that has seen a test case cannot be tested on it.
    """
    if seed not in TRAINING:
        raise LockedSeedError(
            f"seed {seed} is outside the training range {TRAINING.start}-{TRAINING.stop - 1}; "
            f"{VALIDATION.start}- is for validation, {LOCKED_TEST.start}- is locked for testing"
        )
    return seed


def parse_seeds(text: str) -> list[int]:
    """'7', '7-9' and '7,9-11' as a list; both ends of a range belong to it."""
    seeds: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        seeds.extend(range(int(first), int(last or first) + 1))
    return seeds
