"""Put what was measured of models into their manifests and cards: `python -m rondo_training.accuracy ../out/locked-200/accuracy/accuracy.json ../models/ctv-nodes`."""

import argparse
import json
from pathlib import Path

from .export import file_record
from .manifest import CARD_END, MANIFEST_END, card_end, manifest_end
from .tasks import TASKS


def write_accuracy(record: dict, folder: Path) -> None:
    """Give an exported model the figures of its own structures, in place of those that it had, and the limits that are known now.

    Raises:
        ValueError: the record is of other weights, or `rondo_training.export` did not write the folder.
    """
    weights = file_record(folder / "model.onnx")["sha256"]
    # A record of rondo_training.evaluate does not say whose it is.
    if "models" in record and weights not in [model["sha256"] for model in record["models"]]:
        raise ValueError(f"{folder.name}: the accuracy was measured with other weights; these are {weights}. Measure them first")
    manifest, card = folder / "model.yaml", folder / "card.md"
    texts = {manifest: manifest.read_text(), card: card.read_text()}
    tasks = [task for task in TASKS.values() if f"\ntask: {task.title}\n" in texts[manifest]]
    if len(tasks) != 1 or not all(f"\n{end}" in text for end, text in zip((MANIFEST_END, CARD_END), texts.values(), strict=True)):
        raise ValueError(f"{folder}: its manifest and card are not as rondo_training.export writes them; write the figures by hand")
    manifest.write_text(texts[manifest].partition(f"\n{MANIFEST_END}")[0] + "\n" + manifest_end(tasks[0], record))
    card.write_text(texts[card].partition(f"\n{CARD_END}")[0] + "\n" + card_end(tasks[0], record))


def main() -> None:
    parser = argparse.ArgumentParser(prog="rondo_training.accuracy", description=__doc__)
    parser.add_argument("record", type=Path, help="JSON written by `npm run accuracy`, or by rondo_training.evaluate")
    parser.add_argument("models", type=Path, nargs="+", help="folders of the models that were measured")
    arguments = parser.parse_args()
    record = json.loads(arguments.record.read_text())
    for folder in arguments.models:
        write_accuracy(record, folder)


if __name__ == "__main__":
    main()
