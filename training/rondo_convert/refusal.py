"""What cannot be converted, said once and in full."""

import sys
from collections.abc import Callable
from pathlib import Path


class Refusal(ValueError):
    """Something in a trained model that Rondo cannot run as it was meant to run: what, in which file, what was expected, what to do."""

    def __init__(self, what: str, file: Path, remedy: str) -> None:
        super().__init__(f"{what}\n  in: {file}\n  do: {remedy}")


def run_command(command: Callable[[], None]) -> None:
    """Run a converter's command; a refusal ends it with status 1 and no stack trace."""
    try:
        command()
    except Refusal as refusal:
        print(f"Refused: {refusal}", file=sys.stderr)
        sys.exit(1)
