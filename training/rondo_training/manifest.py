"""The text that goes with a model: manifest (rondo-model/1) and model card."""

from .preprocessing import CLIP_HU, MEAN_HU, OUTSIDE_HU, PATCH_XYZ, SPACING_MM, STD_HU
from .tasks import TASKS, Task

DATA = "Digital phantoms of the thorax and upper abdomen, drawn at random by rondo_training; no patients; for research only."


MEANINGS = {
    "External": "the body with all arms in the field of view; no couch, board, cushion or clothes.",
    "Heart": "the pericardium from the bifurcation of the pulmonary trunk to the apex, fat in the grooves included.",
    "Lung_L": "lung with its inner vessels and lesions; without main bronchi, trachea and the large vessels of the hilum.",
    "SpinalCord": "the cord within the canal, down to about the first or second lumbar vertebra.",
    "Esophagus": "the tube with its wall, from the neck to the stomach.",
    "Trachea": "the airway from the neck to the bifurcation, without the main bronchi.",
    "Glnd_Thyroid": "both lobes and the isthmus.",
    "Liver": "the whole liver with its vessels.",
    "Humerus_L": "the head of the humerus, not its shaft.",
    "Breast_L": "the whole breast without its skin, as its target would be drawn (5 mm under the skin); both breasts are drawn, treated or not.",
    "A_LAD": "the left anterior descending artery from the left main stem towards the apex, 2-4 mm across.",
    "CTVp_Breast_L": "whole breast, 5 mm under the skin, in front of pectoralis, ribs and intercostals; the tumour bed belongs to it.",
    "CTVp_Chestwall_L": "after mastectomy what lies between 5 mm under the skin and pectoralis, ribs and intercostals; at least 4 mm thick.",
    "CTVp_Tumorbed_L": "seroma, or the scar between the clips.",
    "CTVn_L1_L": "axilla lateral of pectoralis minor; `L2` is behind it, `Interpec` between it and pectoralis major.",
    "CTVn_L3_L": "5 mm round the subclavian vein, medial of pectoralis minor to the scalene.",
    "CTVn_L4_L": "5 mm round the subclavian and jugular veins, medial of the scalene.",
    "CTVn_IMN_L": "5 mm round the internal mammary vein, from the caudal end of L4 to the fourth rib.",
}
"""What a structure is taken to be, for the model card; the right side as the left."""

LIMITS = {
    "oar-thorax": """- Without clean-up: pieces of a bright couch or its rails may be taken for body (they do not touch it), and bowel or stomach
  gas for a few millilitres of lung. Keep the largest component, and treat a lung or heart of a few millilitres as not found.
- The lower end of the cord is a guess from ribs and kidneys. Where cord and fluid look alike the cord may be thin or interrupted.
- A_LAD is at most two voxels across on the network's grid: it comes in pieces, and where the table says missed not at all.
- After mastectomy an implant or expander may be taken for a breast. In men a thin layer of fat may be: its volume is then outside the plausible
  range, which is noted.
""",
    "ctv-breast": """- Both sides are always contoured: which one is treated, and after which surgery, is for the protocol to say.
- The tumour bed is what a seroma, clips or a scar show; a bed that shows nothing is not found.
- A flat breast may be taken for a chest wall, in parts or wholly. On the outlines of a lean clinical case, painted as a CT, the target was withheld
  for that; other flat breasts may come out too small without a note on their size.
- The guideline's boundaries were recalled, not read: unconfirmed until a clinician has checked them.
""",
    "ctv-nodes": """- Both sides are always contoured: which one is treated is for the protocol to say.
- No patient after axillary dissection was drawn, and no node longer than 20 mm.
- The internal mammary station reaches 5 mm to the front of its vein, between the cartilages; the consensus as recalled lets it end with the vessels.
- Under a hanging arm levels 1 and 2 came out small and crowded on a real CT, and their shape is not checked.
- The guideline's boundaries were recalled, not read: unconfirmed until a clinician has checked them. Experts agree on these
  stations at DSC 0.66-0.70 only (Ciardo 2017).
""",
}
"""Known failures of each task's models, for the model card."""


def _number(value: float) -> str:
    return f"{value:g}"


def _list(values) -> str:
    return "[" + ", ".join(_number(v) if isinstance(v, (int, float)) else str(v) for v in values) + "]"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', "'") + '"'


def manifest_text(facts: dict) -> str:
    """`model.yaml` of an exported model, not measured yet."""
    task = TASKS[facts["task"]]
    lines = [
        "format: rondo-model/1",
        f"name: {facts['name']}",
        f"version: {facts['version']}",
        f"task: {task.title}",
        "architecture:",
        "  name: 3D ResSE-U-Net",
        f"  parameters: {facts['parameters']}",
        f"  description: residual blocks with squeeze-and-excitation and instance norm, {len(facts['widths'])} depths, widths {' '.join(map(str, facts['widths']))}",
        f"guideline: {task.guideline}",
        "licence: Apache-2.0",
        "trainingData:",
        "  kind: synthetic",
        f"  description: {_quoted(DATA)}",
        f"  cases: {facts['cases']}",
        "input:",
        "  modality: CT",
        f"  spacingMm: {_list(SPACING_MM)}",
        "  orientation: LPS",
        f"  patch: {_list(PATCH_XYZ)}",
        f"  divisor: {facts['divisor']}",
        f"  intensity: {{ clipHu: {_list(CLIP_HU)}, meanHu: {_number(MEAN_HU)}, stdHu: {_number(STD_HU)} }}",
        f"  outsideHu: {_number(OUTSIDE_HU)}",
        "output:",
        "  activation: softmax",
        f"  channels: {len(task.classes)}",
        "  structures:",
        *(f"    - {{ name: {name}, channels: {_list(classes)} }}" for name, classes in task.structures.items()),
        "mirroring:",
        "  axes: [x]",
        f"  swap: {_list(_list(pair) for pair in task.pairs)}",
        "files:",
        *(f"  - {{ name: {f['name']}, sha256: {f['sha256']}, bytes: {f['bytes']} }}" for f in facts["files"]),
    ]
    return "\n".join(lines) + "\n" + manifest_end(task, None)


MANIFEST_END = "accuracy:\n"


def manifest_end(task: Task, accuracy: dict | None) -> str:
    """What `model.yaml` ends with: what was measured of the task's structures."""
    rows = _rows(task, accuracy)
    if not rows:
        return f"{MANIFEST_END}  testSet: not measured yet\n  method: none\n  structures: []\n"
    lines = [f"  testSet: {_quoted(accuracy['testSet'])}", f"  method: {_quoted(accuracy['method'])}", "  structures:"]
    for row in rows:
        figures = {key: f"{row[key]:.{digits}f}" for key, digits in (("dscMean", 3), ("dscP5", 3), ("hd95MmMean", 1), ("msdMmMean", 2)) if key in row}
        counts = {key: row[key] for key in ("scored", "missed", "absent", "invented") if key in row}
        lines.append(f"    - {{ name: {row['name']}, {', '.join(f'{key}: {value}' for key, value in (figures | counts).items())} }}")
    return MANIFEST_END + "\n".join(lines) + "\n"


def _rows(task: Task, accuracy: dict | None) -> list[dict]:
    """What was measured of this task's structures: a run over all models holds those of other tasks too."""
    return [row for row in (accuracy or {"structures": []})["structures"] if row["name"] in task.structures and row["scored"] > 0]


def _table(header: list[str], rows) -> str:
    return "\n".join(f"| {' | '.join(map(str, cells))} |" for cells in [header, ["---"] * len(header), *rows])


def _figure(row: dict, key: str, digits: int) -> str:
    return f"{row[key]:.{digits}f}" if key in row else "–"


def _goal(row: dict) -> str:
    goal = row.get("goal")
    if goal is None:
        return "–"
    bar = f"DSC ≥ {goal['dsc']}" if "dsc" in goal else f"MSD ≤ {goal['msdMm']} mm"
    return f"{bar}: {'met' if row['met'] else 'NOT met'}"


def _accuracy(task: Task, accuracy: dict | None) -> str:
    """The tables of the card. A record of rondo_training.evaluate has no harm and no groups."""
    rows = _rows(task, accuracy)
    if not rows:
        return "Not measured yet: this export is for trying out the software.\n"
    parts = [f"{accuracy['testSet']}. {accuracy['method']}", _table(
        ["structure", "goal", "scored", "DSC mean", "DSC 5th percentile", "DSC least", "HD95 mm, mean", "MSD mm, mean"],
        ([r["name"], _goal(r), r["scored"], _figure(r, "dscMean", 3), _figure(r, "dscP5", 3), _figure(r, "dscMin", 3), _figure(r, "hd95MmMean", 1), _figure(r, "msdMmMean", 2)] for r in rows),
    )]
    if "missed" in rows[0]:
        parts += [
            "What does harm: structures missed, invented where the scan holds none, in several pieces, on the other side of the patient, and targets that come nearer"
            " than 5 mm to the skin by more than a pixel.",
            _table(
                ["structure", "missed", "invented", "invented ml, most", "in pieces", "pieces too many", "other side", "near the skin"],
                ([r["name"], f"{r['missed']} of {r['scored']}", f"{r['invented']} of {r['absent']}", _figure(r, "inventedMlMax", 1), f"{r['specked']} of {r['found']}", r["specks"],
                  r["swapped"], f"{r['nearSkin']} of {r['found']}" if "nearSkin" in r else "–"] for r in rows),
            ),
        ]
    if accuracy.get("groups"):
        groups = [{row["name"]: row for row in group["structures"]} for group in accuracy["groups"]]
        parts += ["Mean DSC by group, and how many were missed:", _table(
            ["structure", *(f"{group['group']}, {group['cases']} cases" for group in accuracy["groups"])],
            ([r["name"], *(f"{_figure(own, 'dscMean', 3)} ({own['missed']})" if (own := group.get(r["name"], {})).get("scored") else "–" for group in groups)] for r in rows),
        )]
    return "\n\n".join(parts) + "\n"


def _named(task: Task) -> str:
    *names, last = [f"`{name}`" for name in task.structures]
    return f"{', '.join(names)} and {last}"


def _unions(task: Task) -> str:
    return "".join(f" `{name}` is the union of {', '.join(parts)}." for name, parts in task.unions.items())


def _meanings(task: Task) -> str:
    return "\n".join(f"- `{name}`: {MEANINGS[name]}" for name in task.structures if name in MEANINGS)


def card_text(facts: dict) -> str:
    """`card.md` of an exported model, not measured yet."""
    task = TASKS[facts["task"]]
    origin = f", from the weights of {facts['origin']}" if facts["origin"] else ""
    calibrated = f" Offsets of the last layer were then chosen for overlap on {facts['calibrated']} validation phantoms." if facts["calibrated"] else ""
    return f"""# {facts['name']} {facts['version']}

Contours {_named(task)} on CT of the thorax.

**For research only.** The network has seen digital phantoms and no patient. It is not a medical device; its contours need
a clinician's eye, and clinical use needs weights from a site's own approved structure sets.

## Model
3D ResSE-U-Net: residual blocks with squeeze-and-excitation before the residual addition, instance norm, {len(facts['widths'])} depths of
widths {', '.join(map(str, facts['widths']))}, {facts['parameters']:,} parameters, stored as {facts['stored']}, computed in float32. Input: CT in LPS order at {_number(SPACING_MM[0])} mm, clipped to
{_number(CLIP_HU[0])}…{_number(CLIP_HU[1])} HU, less {_number(MEAN_HU)}, over {_number(STD_HU)}. Output: logits of {len(task.classes)} disjoint
classes ({", ".join(task.classes)}).{_unions(task)}
Norms and squeeze-and-excitation take statistics over the whole tile: run it on tiles of {' x '.join(map(str, PATCH_XYZ))} voxels (x, y, z).

`{facts['files'][0]['name']}`: {facts['files'][0]['bytes']:,} bytes, SHA-256 `{facts['files'][0]['sha256']}`. `rondo models verify {facts['name']}` checks the files,
this card and, by `parity.json`, that the network gives here what it gave where it was trained.

## Training
{DATA}
{facts['cases']} cases, {facts['steps']} steps of Dice plus cross-entropy, edges once more, with deep supervision in {facts['minutes']:.0f} minutes{origin}; the exported weights are
the running average.{calibrated} Seeds of the locked test range are refused by the training code.

## What the structures mean
{_meanings(task)}

{card_end(task, None)}"""


CARD_END = "## Accuracy\n"


def card_end(task: Task, accuracy: dict | None) -> str:
    """What `card.md` ends with: what was measured, and the limits."""
    return f"""{CARD_END}{_accuracy(task, accuracy)}
## Limits
- Phantoms are cleaner than patients. No effusion, collapse, large tumour or pacemaker was shown in training; of metal only clips, wires,
  beads on the skin and the port of an expander.
- Only head-first supine anatomy was drawn; other positions reach the network turned into LPS order.
- Slices thinner than 1.5 mm or thicker than 5 mm were not drawn.
{LIMITS[task.name]}"""
