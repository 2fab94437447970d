"""TotalSegmentator to Rondo: `python -m rondo_convert.totalsegmentator --model <weights folder> --name my-model --out folder`.

Its weights are trained folders of nnU-Net v2 on images turned to RAS. Rondo holds none of them: fetch them yourself, and mind
their licence, which differs from task to task.
"""

import argparse
from pathlib import Path

from .conversion import checked_identity
from .folder import write_model
from .nnunet import add_arguments, convert, stated_licence
from .nnunet_folder import TrainedFolder, read_trained_folder
from .refusal import Refusal, run_command

ORIENTATION = "RAS"

STRUCTURES = {
    "lung_upper_lobe_left": "Lung_L",
    "lung_lower_lobe_left": "Lung_L",
    "lung_upper_lobe_right": "Lung_R",
    "lung_middle_lobe_right": "Lung_R",
    "lung_lower_lobe_right": "Lung_R",
    "heart": "Heart",
    "esophagus": "Esophagus",
    "trachea": "Trachea",
    "thyroid_gland": "Glnd_Thyroid",
    "spinal_cord": "SpinalCord",
    "liver": "Liver",
    "stomach": "Stomach",
    "spleen": "Spleen",
    "kidney_left": "Kidney_L",
    "kidney_right": "Kidney_R",
    "humerus_left": "Humerus_L",
    "humerus_right": "Humerus_R",
    "clavicula_left": "Clavicle_L",
    "clavicula_right": "Clavicle_R",
    "scapula_left": "Scapula_L",
    "scapula_right": "Scapula_R",
    "sternum": "Sternum",
    "aorta": "A_Aorta",
    "subclavian_artery_left": "A_Subclavian_L",
    "subclavian_artery_right": "A_Subclavian_R",
    "superior_vena_cava": "V_Venacava_S",
}
"""Class of TotalSegmentator 2 to the name in TG-263, for what a plan of breast or thorax looks at."""

TASKS = {
    "total": {1: "spleen", 2: "kidney_right", 3: "kidney_left", 5: "liver", 6: "stomach", 10: "lung_upper_lobe_left", 11: "lung_lower_lobe_left",
              12: "lung_upper_lobe_right", 13: "lung_middle_lobe_right", 14: "lung_lower_lobe_right", 15: "esophagus", 16: "trachea", 17: "thyroid_gland", 51: "heart",
              52: "aorta", 55: "subclavian_artery_right", 56: "subclavian_artery_left", 62: "superior_vena_cava", 69: "humerus_left", 70: "humerus_right",
              71: "scapula_left", 72: "scapula_right", 73: "clavicula_left", 74: "clavicula_right", 79: "spinal_cord", 116: "sternum"},
    "organs": {1: "spleen", 2: "kidney_right", 3: "kidney_left", 5: "liver", 6: "stomach", 10: "lung_upper_lobe_left", 11: "lung_lower_lobe_left",
               12: "lung_upper_lobe_right", 13: "lung_middle_lobe_right", 14: "lung_lower_lobe_right", 15: "esophagus", 16: "trachea", 17: "thyroid_gland"},
    "cardiac": {1: "heart", 2: "aorta", 5: "subclavian_artery_right", 6: "subclavian_artery_left", 12: "superior_vena_cava"},
    "muscles": {1: "humerus_left", 2: "humerus_right", 3: "scapula_left", 4: "scapula_right", 5: "clavicula_left", 6: "clavicula_right", 11: "spinal_cord"},
    "ribs": {25: "sternum"},
}
"""Numbers of these classes in the networks of version 2: `total` at 3 or 6 mm (tasks 297 and 298), its parts at 1.5 mm (291, 293, 294 and 295)."""

NOTES = (
    "TotalSegmentator may crop to a region, keep the largest piece of a structure, and smooth it; Rondo does none of this in the model.",
)


def names_for(trained: TrainedFolder) -> dict[str, str]:
    """The table for the nnU-Net converter: label of dataset.json to structure name.

    Labels are found by their names; where dataset.json calls them by numbers only, by the task whose classes it holds.

    Raises:
        Refusal: it holds no class that is wanted.
    """
    labels = {str(label): value for label, value in trained.dataset["labels"].items() if label != "background"}
    found = {label: STRUCTURES[label] for label in labels if label in STRUCTURES}
    if not found and all(label.removeprefix("class_").isdigit() for label in labels):
        task = _task_of(trained)
        found = {label: STRUCTURES[TASKS[task][value]] for label, value in labels.items() if value in TASKS[task]} if task else {}
    if not found:
        raise Refusal(f"None of its {len(labels)} labels is one of {', '.join(STRUCTURES)}", trained.dataset_file, "use rondo_convert.nnunet with --names and --orientation RAS")
    return found


def _task_of(trained: TrainedFolder) -> str | None:
    tasks = {"291": "organs", "293": "cardiac", "294": "muscles", "295": "ribs", "297": "total", "298": "total"}
    return next((task for number, task in tasks.items() if f"Dataset{number}_" in trained.plans.dataset_name), None)


def main() -> None:
    parser = argparse.ArgumentParser(prog="rondo_convert.totalsegmentator", description=__doc__)
    add_arguments(parser)
    arguments = parser.parse_args()
    trained = read_trained_folder(Path(arguments.model), arguments.configuration)
    identity = checked_identity(arguments.name, arguments.version, arguments.licence or stated_licence(trained), arguments.model)
    write_model(convert(trained, identity, arguments.folds, names_for(trained), ORIENTATION, NOTES), arguments.out)
    print(f"{arguments.out}: {', '.join(sorted(set(names_for(trained).values())))}")


if __name__ == "__main__":
    run_command(main)
