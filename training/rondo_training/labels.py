"""The label map that phantoms carry and networks predict: disjoint classes, uint8."""

OUTSIDE, BODY, HEART, LUNG_L, LUNG_R, SPINAL_CORD = range(6)
CLASSES = 6

STRUCTURES: dict[str, list[int]] = {
    "External": [BODY, HEART, LUNG_L, LUNG_R, SPINAL_CORD],
    "Heart": [HEART],
    "Lung_L": [LUNG_L],
    "Lung_R": [LUNG_R],
    "SpinalCord": [SPINAL_CORD],
}
"""Structure name (TG-263) -> the classes whose union it is."""

MIRRORED = (OUTSIDE, BODY, HEART, LUNG_R, LUNG_L, SPINAL_CORD)
"""The class that stands in place of class i after a left-right flip."""
