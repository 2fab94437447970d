"""TotalSegmentator to Rondo: `python -m rondo_convert.totalsegmentator --model <weights folder> --name my-model --out folder`.

Its weights are trained folders of nnU-Net v2 on images turned to RAS. Rondo holds none of them: fetch them yourself, and mind
their licence, which differs from task to task.
"""

import argparse
from dataclasses import replace

from .conversion import Conversion, Identity, Tiling, checked_identity
from .folder import write_and_report
from .nnunet import TILING, add_arguments, convert
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
    "breast": "Breasts",
    "heart_atrium_left": "Atrium_L",
    "heart_atrium_right": "Atrium_R",
    "heart_ventricle_left": "Ventricle_L",
    "heart_ventricle_right": "Ventricle_R",
    "pulmonary_artery": "A_Pulmonary",
}
"""Class of TotalSegmentator 2 and 3 to the name in TG-263, for what a plan of breast or thorax looks at."""

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
    "breasts": {1: "breast"},
    "heartchambers_highres": {2: "heart_atrium_left", 3: "heart_ventricle_left", 4: "heart_atrium_right", 5: "heart_ventricle_right", 6: "aorta", 7: "pulmonary_artery"},
}
"""Numbers of these classes in each network, as its `map_to_binary.py` has them; those named here are the same in versions 2 and 3."""

NETWORKS = {
    "291": "organs", "293": "cardiac", "294": "muscles", "295": "ribs", "297": "total", "298": "total",
    "831": "organs", "833": "cardiac", "834": "muscles", "835": "ribs", "836": "total", "837": "total",
    "527": "breasts", "301": "heartchambers_highres",
}
"""Number of the data set to the classes: `total` of version 2 (29.) and 3 (83.), its parts at 1.5 mm or whole at 3 and 6 mm, and two tasks more."""

PARTS_OF_TOTAL = ("organs", "cardiac", "muscles", "ribs")
WIDE_STEPS = Tiling("nnunet", 0.2)
"""TotalSegmentator's step of 0.8 tiles for the 1.5 mm parts of `total`; elsewhere it is nnU-Net's."""

NOTES = (
    "TotalSegmentator brings the image to its spacing by itself, with cubic splines, and labels back to the image by the nearest voxel, which leaves steps of a network's voxel; Rondo draws between voxels.",
    "TotalSegmentator may keep the largest piece of a structure and take small ones away; Rondo does none of this in the model.",
)
HEART_WARNING = (
    "It was trained on images cut out around the heart. TotalSegmentator finds the heart with another network first, cuts it out, and takes away what lies more than 10 mm from heart and great vessels; "
    "Rondo gives it the whole image. Have the protocol take away what does not lie in Heart, and look at every case."
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
        classes = TASKS.get(_task_of(trained), {})
        found = {label: STRUCTURES[classes[value]] for label, value in labels.items() if value in classes}
    if not found:
        raise Refusal(f"None of its {len(labels)} labels is one of {', '.join(STRUCTURES)}", trained.dataset_file, "use rondo_convert.nnunet with --names and --orientation RAS")
    return found


def _task_of(trained: TrainedFolder) -> str | None:
    return next((task for number, task in NETWORKS.items() if f"Dataset{number}_" in trained.plans.dataset_name), None)


def convert_network(trained: TrainedFolder, identity: Identity, folds: list[str]) -> Conversion:
    """One of its networks as Rondo is to run it: without flips, which TotalSegmentator does not average over either.

    Raises:
        Refusal: something in it that Rondo cannot do, or that is missing.
    """
    task = _task_of(trained)
    tiling = WIDE_STEPS if task in PARTS_OF_TOTAL else TILING
    conversion = convert(trained, identity, folds, names_for(trained), ORIENTATION, tiling=tiling, averaged=False, notes=NOTES)
    return replace(conversion, warnings=[*conversion.warnings, HEART_WARNING]) if task == "heartchambers_highres" else conversion


def main() -> None:
    parser = argparse.ArgumentParser(prog="rondo_convert.totalsegmentator", description=__doc__)
    add_arguments(parser)
    parser.add_argument("--licence", required=True, help="licence of the weights, as its makers state it for this very task")
    arguments = parser.parse_args()
    # Its makers published what it was trained on: CT of patients.
    identity = checked_identity(arguments.name, arguments.version, arguments.licence, "clinical", arguments.model)
    write_and_report(convert_network(read_trained_folder(arguments.model, arguments.configuration), identity, arguments.folds), arguments.out)


if __name__ == "__main__":
    run_command(main)
