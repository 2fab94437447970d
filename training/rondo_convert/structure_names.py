"""Which structures a network's labels become: `--names`, a YAML file of label: structure name."""

import re
from pathlib import Path

import yaml

from .refusal import Refusal

SIDE = re.compile(r"(?:^|(?<=[_ -]))(l|r|left|right)(?=[_ -]|$)", re.IGNORECASE)
"""A word for a side in a name."""


class _OnceLoader(yaml.SafeLoader):
    """YAML takes the last of two lines with one key; here that would be the other lung."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        keys = [str(self.construct_object(key, deep=True)) for key, _ in node.value]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"{twice!r} stands there twice", node.start_mark)
        return super().construct_mapping(node, deep)


def read_names(path: Path) -> dict[str, str]:
    """Label to structure name, both as text.

    Raises:
        Refusal: the file is no such table.
    """
    try:
        table = yaml.load(path.read_text(), _OnceLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as cause:
        raise Refusal(f"The table of names cannot be read: {cause}", path, "write a YAML file with a line `label: structure name` for each") from cause
    if not isinstance(table, dict) or not table or not all(isinstance(name, str) and name for name in table.values()):
        raise Refusal("The table of names is not one of label: structure name", path, "write a line `heart: Heart` for each structure wanted")
    return {str(label): name for label, name in table.items()}


def sided(structures: dict[str, list[int]]) -> list[str]:
    """The structures of which there is another on the patient's other side, by their names: `Lung_L`, `lung_left`, `kidney right`."""
    return [name for name in structures if SIDE.search(name)]


def _only_side(name: str) -> str | None:
    """`l` or `r`; none where a name has no word for a side, or for both."""
    sides = {word[0].lower() for word in SIDE.findall(name)}
    return sides.pop() if len(sides) == 1 else None


def side_pairs(structures: dict[str, list[int]], labels: int, file: Path) -> tuple[tuple[str, str], ...]:
    """Left and right of each structure of two sides, for flips of x in which they changed places: `Lung_L` and `Lung_R`.

    Raises:
        Refusal: not each of the labels is a structure of its own, so that its counterpart is unknown; or one side has no counterpart.
    """
    if len(structures) < labels:
        raise Refusal(f"{labels} labels became {len(structures)} structures, so it is unknown what some of them change places with", file, "give every label a name of its own in --names, or convert without --sides-swapped")
    pairs = {name: name[:-1] + {"L": "R", "R": "L"}[name[-1]] for name in structures if name.endswith(("_L", "_R"))}
    lonely = [name for name in sided(structures) if pairs.get(name) not in structures]
    if lonely:
        raise Refusal(f"{lonely[0]} has no counterpart on the other side", file, "give both sides names that differ in _L and _R at their end alone, or convert without --sides-swapped")
    return tuple((name, other) for name, other in pairs.items() if name.endswith("_L"))


def structures_of(labels: dict[str, int], names: dict[str, str] | None, overlapping: bool, file: Path) -> dict[str, list[int]]:
    """Structure name to channels. Labels with the same name become one structure; labels without a name become none.

    `labels` gives the channel of each label, without background; `names` may call a label by its channel's number too. Without
    `names` every label is a structure under its own name.

    Raises:
        Refusal: a named label does not exist, stands there twice or has a name of its other side, or overlapping channels are to be one structure.
    """
    by_number = {str(channel): label for label, channel in labels.items()}
    structures: dict[str, list[int]] = {}
    named: dict[str, str] = {}
    for given, name in (names or {label: label for label in labels}).items():
        label = given if given in labels else by_number.get(given)
        if label is None:
            raise Refusal(f"The label {given!r} does not exist; there are {', '.join(labels)}", file, "correct the table given by --names")
        if label in named:
            raise Refusal(f"The label {label!r} stands twice in the table, for {named[label]} and {name}", file, "name it once, by its name or its number")
        sides = (_only_side(label), _only_side(name))
        if None not in sides and sides[0] != sides[1]:
            raise Refusal(f"The label {label!r} would become {name}, of the other side", file, "correct the table given by --names; a label that is itself wrong is renamed in the model's own folder")
        named[label] = name
        structures.setdefault(name, []).append(labels[label])
    merged = [name for name, channels in structures.items() if len(channels) > 1]
    if overlapping and merged:
        raise Refusal(
            f"{merged[0]} is made of several regions, each with a probability of its own, and there is none of their union", file,
            "give every region a structure name of its own; unite them by a rule of the protocol",
        )
    return structures
