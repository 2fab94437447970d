"""What models learn. A task is one label map: disjoint classes, and the structures that are unions of them."""

from dataclasses import dataclass
from functools import cached_property

OUTSIDE = 0
"""The class of what belongs to no other."""


@dataclass(frozen=True)
class Task:
    """One label map (uint8). Class k is `classes[k]`; class 0 belongs to nothing, or is the rest of the body."""

    name: str
    title: str
    guideline: str
    classes: tuple[str, ...]
    unions: dict[str, tuple[str, ...]]
    """Structures that are more than the class of their name, with the classes they consist of."""
    parts_only: tuple[str, ...]
    """Classes that are no structure by themselves."""
    small: tuple[str, ...]
    """Classes that vanish in a plain mean over voxels: they weigh more in the loss."""
    tiny: tuple[str, ...]
    """Classes of a few voxels across or a few cubic centimetres, which would not be learnt at all."""
    thin: tuple[str, ...]
    """Classes thinner than a voxel of the models."""
    favoured: tuple[str, ...]
    """Patches are centred on the first of these that a case shows more often than on others, and cases that show one are drawn more often."""

    def index(self, name: str) -> int:
        """The number of a class."""
        return self.classes.index(name)

    @cached_property
    def structures(self) -> dict[str, list[int]]:
        """Structure name (TG-263) -> the classes whose union it is."""
        single = {name: (name,) for name in self.classes[1:] if name not in self.parts_only}
        return {name: [self.index(part) for part in parts] for name, parts in {**self.unions, **{k: v for k, v in single.items() if k not in self.unions}}.items()}

    @cached_property
    def mirrored(self) -> tuple[int, ...]:
        """The class that stands in place of class k after a left-right flip."""
        return tuple(self.index(_other_side(name)) for name in self.classes)

    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        """Structures that change places with their other side."""
        return [(name, _other_side(name)) for name in self.structures if name.endswith("_L")]


def _other_side(name: str) -> str:
    return {"_L": name[:-2] + "_R", "_R": name[:-2] + "_L"}.get(name[-2:], name)


def _both(*names: str) -> tuple[str, ...]:
    return tuple(name + side for name in names for side in ("_L", "_R"))


_ORGANS = ("Heart", "Lung_L", "Lung_R", "SpinalCord", "Esophagus", "Trachea", "Glnd_Thyroid", "Liver", *_both("Humerus", "Breast"), "A_LAD")

# No structure, but whoever does not know an implant takes it, or what lies over it, for a breast.
_IMPLANTS = _both("Implant")

OAR_THORAX = Task(
    name="oar-thorax",
    title="Organs at risk of the thorax",
    guideline="none",
    classes=("Outside", "Body", *_ORGANS, *_IMPLANTS),
    unions={"External": ("Body", *_ORGANS, *_IMPLANTS), "Heart": ("Heart", "A_LAD")},
    parts_only=("Body", *_IMPLANTS),
    small=("SpinalCord", "Esophagus", "Trachea", "Glnd_Thyroid"),
    tiny=("A_LAD",),
    thin=("A_LAD",),
    favoured=("A_LAD", "Esophagus", *_IMPLANTS),
)

CTV_BREAST = Task(
    name="ctv-breast",
    title="Clinical target volume of breast or chest wall",
    guideline="ESTRO 2015 v1.1, unconfirmed",
    classes=("Outside", *_both("CTVp_Breast", "CTVp_Chestwall", "CTVp_Tumorbed"), *_IMPLANTS),
    unions={f"CTVp_Breast_{s}": (f"CTVp_Breast_{s}", f"CTVp_Tumorbed_{s}") for s in "LR"},
    parts_only=_IMPLANTS,
    small=_both("CTVp_Chestwall"),
    tiny=_both("CTVp_Tumorbed"),
    thin=(),
    favoured=(*_both("CTVp_Tumorbed", "CTVp_Chestwall"), *_IMPLANTS),
)

CTV_NODES = Task(
    name="ctv-nodes",
    title="Regional lymph node stations",
    guideline="ESTRO 2015 v1.1, unconfirmed",
    classes=("Outside", *_both("CTVn_L1", "CTVn_L2", "CTVn_L3", "CTVn_L4", "CTVn_Interpec", "CTVn_IMN")),
    unions={},
    parts_only=(),
    small=_both("CTVn_L2", "CTVn_L3", "CTVn_L4", "CTVn_IMN"),
    tiny=_both("CTVn_Interpec"),
    thin=(),
    favoured=_both("CTVn_L3", "CTVn_Interpec"),
)

TASKS = {task.name: task for task in (OAR_THORAX, CTV_BREAST, CTV_NODES)}

Tasks = tuple[Task, ...]
"""What one network learns: its channels are the classes of the first task, then those of the next."""
