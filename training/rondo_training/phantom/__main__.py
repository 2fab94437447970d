"""Write phantom case folders: `python -m rondo_training.phantom --seeds 900000-900019 --out folder`."""

import argparse
from pathlib import Path

from ..seeds import parse_seeds
from .case import make_case
from .files import write_case
from .fixtures import write_fixtures


def main() -> None:
    parser = argparse.ArgumentParser(prog="rondo_training.phantom", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder that receives one folder a case")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--seeds", help="for example 900000-900019 or 3,5,7")
    what.add_argument("--fixtures", action="store_true", help="write the bundled test phantoms instead")
    arguments = parser.parse_args()
    if arguments.fixtures:
        write_fixtures(arguments.out)
        return
    for seed in parse_seeds(arguments.seeds):
        name = f"case-{seed}"
        write_case(make_case(seed, "ct"), arguments.out / name, name)
        print(arguments.out / name, flush=True)


if __name__ == "__main__":
    main()
