"""Write phantom case folders: `python -m rondo_training.phantom --locked 200 --out folder`, or `--seeds 900000-900019`."""

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

from ..locked import LockedCase, locked_cases
from ..seeds import VALIDATION, parse_seeds
from .case import make_case
from .files import write_case
from .fixtures import write_fixtures


def write(out: Path, seed: int, group: str | None) -> Path:
    """Write `case-<seed>`, unless it is there already for the same reason."""
    name = f"case-{seed}"
    record = out / name / "phantom.json"
    if not record.exists() or json.loads(record.read_text()).get("group") != group:
        case = LockedCase(seed, group).make() if group else make_case(seed, "ct")
        write_case(case, out / name, name, group=group)
    return out / name


def main() -> None:
    parser = argparse.ArgumentParser(prog="rondo_training.phantom", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder that receives one folder a case; cases that it holds stay as they are")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--seeds", help="for example 900000-900019 or 3,5,7")
    what.add_argument("--locked", type=int, metavar="N", help="the first N cases of the locked test set, which has 200")
    what.add_argument("--like-locked", type=int, metavar="N", help="N cases of the validation range, chosen as the locked ones are")
    what.add_argument("--fixtures", action="store_true", help="write the bundled test phantoms instead")
    parser.add_argument("--processes", type=int, default=1, help="processes that make cases")
    arguments = parser.parse_args()
    if arguments.fixtures:
        write_fixtures(arguments.out)
        return
    if arguments.locked or arguments.like_locked:
        cases = locked_cases(arguments.locked) if arguments.locked else locked_cases(arguments.like_locked, VALIDATION)
        chosen = [(case.seed, case.group) for case in cases]
    else:
        chosen = [(seed, None) for seed in parse_seeds(arguments.seeds)]
    with ProcessPoolExecutor(arguments.processes) as pool:
        for folder in pool.map(write, repeat(arguments.out), *zip(*chosen)):
            print(folder, flush=True)


if __name__ == "__main__":
    main()
