"""A MONAI bundle's configuration, read without running the expressions in it."""

import json
import re
from pathlib import Path

import yaml

from .refusal import Refusal

REFERENCE = re.compile(r"\$?@([\w#]+)")
"""A whole value that points to another, with or without the dollar of an expression."""


class BundleConfig:
    """`configs/inference.json` or `.yaml`: entries by name, references followed."""

    def __init__(self, file: Path) -> None:
        self.file = file
        try:
            text = file.read_text()
            self.content = json.loads(text) if file.suffix == ".json" else yaml.safe_load(text)
        except (OSError, ValueError, yaml.YAMLError) as cause:
            raise Refusal(f"The configuration cannot be read: {cause}", file, "give --bundle the folder that holds configs/ and models/") from cause
        if not isinstance(self.content, dict):
            raise Refusal("The configuration is not a table of named entries", file, "give --bundle the folder that holds configs/ and models/")

    def entry(self, name: str) -> object:
        """An entry with all references in it followed. Raises: Refusal when it is missing or holds an expression."""
        if name not in self.content:
            raise Refusal(f"There is no entry {name!r}; there are {', '.join(self.content)}", self.file, f"name what the network needs {name!r}, as the bundles of MONAI do")
        return self.resolved(self.content[name], name)

    def has(self, name: str) -> bool:
        return name in self.content

    def resolved(self, value: object, place: str) -> object:
        if isinstance(value, dict):
            # What nothing here reads may stay an expression.
            return {key: part if key in ("device", "sw_device") else self.resolved(part, f"{place}#{key}") for key, part in value.items()}
        if isinstance(value, list):
            return [self.resolved(part, f"{place}#{index}") for index, part in enumerate(value)]
        if not isinstance(value, str):
            return value
        pointed = REFERENCE.fullmatch(value)
        if pointed:
            return self.resolved(self._at(pointed[1], place), pointed[1])
        if value.startswith(("$", "%", "@")):
            raise Refusal(f"{place} is the expression {value!r}; expressions are code of the bundle and are not run", self.file, "write its value in its place")
        return value

    def _at(self, path: str, place: str) -> object:
        value = self.content
        for key in path.split("#"):
            try:
                value = value[int(key)] if isinstance(value, list) else value[key]
            except (KeyError, IndexError, TypeError, ValueError) as cause:
                raise Refusal(f"{place} points to {path!r}, which does not exist", self.file, "correct the configuration") from cause
        return value

    def transforms(self, name: str) -> list[dict]:
        """The transforms of a Compose, those switched off left out."""
        raw = self.content.get(name)
        if isinstance(raw, str):
            pointed = REFERENCE.fullmatch(raw)
            raw = self._at(pointed[1], name) if pointed else raw
        listed = raw.get("transforms") if isinstance(raw, dict) else raw
        if isinstance(listed, str) and REFERENCE.fullmatch(listed):
            listed = self._at(REFERENCE.fullmatch(listed)[1], name)
        if not isinstance(listed, list):
            raise Refusal(f"{name} is no list of transforms", self.file, "write it as a Compose of transforms, as the bundles of MONAI do")
        return [one for one in listed if one.get("_disabled_") is not True]
