"""Which structures a network's labels become: `--names`, a YAML file of label: structure name."""

from pathlib import Path

import yaml

from .refusal import Refusal


def read_names(path: Path) -> dict[str, str]:
    """Label to structure name, both as text.

    Raises:
        Refusal: the file is no such table.
    """
    try:
        table = yaml.safe_load(path.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as cause:
        raise Refusal(f"The table of names cannot be read: {cause}", path, "write a YAML file with a line `label: structure name` for each") from cause
    if not isinstance(table, dict) or not table or not all(isinstance(name, str) and name for name in table.values()):
        raise Refusal("The table of names is not one of label: structure name", path, "write a line `heart: Heart` for each structure wanted")
    return {str(label): name for label, name in table.items()}


def structures_of(labels: dict[str, int], names: dict[str, str] | None, overlapping: bool, file: Path) -> dict[str, list[int]]:
    """Structure name to channels. Labels with the same name become one structure; labels without a name become none.

    `labels` gives the channel of each label, without background; `names` may call a label by its channel's number too. Without
    `names` every label is a structure under its own name.

    Raises:
        Refusal: a named label does not exist, or overlapping channels are to be one structure.
    """
    by_number = {str(channel): label for label, channel in labels.items()}
    structures: dict[str, list[int]] = {}
    for given, name in (names or {label: label for label in labels}).items():
        label = given if given in labels else by_number.get(given)
        if label is None:
            raise Refusal(f"The label {given!r} does not exist; there are {', '.join(labels)}", file, "correct the table given by --names")
        structures.setdefault(name, []).append(labels[label])
    merged = [name for name, channels in structures.items() if len(channels) > 1]
    if overlapping and merged:
        raise Refusal(
            f"{merged[0]} is made of several regions, each with a probability of its own, and there is none of their union", file,
            "give every region a structure name of its own; unite them by a rule of the protocol",
        )
    return structures
