"""What a bundle's transforms and inferer mean for Rondo, and which of them it cannot do."""

from dataclasses import dataclass, field

from .conversion import WIDEST_HU, Intensity
from .monai_config import BundleConfig
from .refusal import Refusal

WITHOUT_MEANING = {"LoadImaged", "EnsureChannelFirstd", "EnsureTyped", "ToTensord", "ToDeviced", "CastToTyped", "AddChanneld", "AsChannelFirstd", "Invertd", "SaveImaged"}
"""Reading, types and writing, which Rondo does its own way. Inverting is what every structure set needs."""

LABELS = [["L", "R"], ["P", "A"], ["I", "S"]]
"""The ends of x, y and z as MONAI calls them where a bundle says nothing."""

UNDERSTOOD = {
    "Orientationd": {"axcodes": ..., "labels": (None, LABELS), "as_closest_canonical": (False,)},
    "Spacingd": {"pixdim": ..., "mode": ..., "padding_mode": ..., "align_corners": ..., "scale_extent": ..., "ensure_same_shape": ..., "recompute_affine": ..., "diagonal": (False,), "min_pixdim": (None,), "max_pixdim": (None,)},
    "ScaleIntensityRanged": {"a_min": ..., "a_max": ..., "b_min": ..., "b_max": ..., "clip": ...},
    "NormalizeIntensityd": {"subtrahend": ..., "divisor": ..., "nonzero": ..., "channel_wise": ...},
}
"""Of each transform what may be said, and where `...` does not stand, which values: another turns or scales the image in a way that Rondo does not."""

OF_ANY = {"_target_", "_desc_", "_disabled_", "keys", "dtype", "allow_missing_keys", "lazy"}

INFERER_WITHOUT_MEANING = {"_target_", "roi_size", "overlap", "mode", "sw_batch_size", "sigma_scale", "padding_mode", "cval", "sw_device", "device", "progress",
                           "cache_roi_weight_map", "cpu_thresh", "buffer_steps", "buffer_dim"}


@dataclass
class Preprocessing:
    """What is done to the image before the network: HU = scale of the network times `std` plus `mean`, within the clipping."""

    spacing_mm: tuple[float, float, float] | None = None
    orientation: str | None = None
    intensity: Intensity | None = None
    resampling: str = "triangle"
    notes: list[str] = field(default_factory=list)


def _kind(transform: dict) -> str:
    return str(transform.get("_target_", "?")).split(".")[-1].replace("Dict", "d")


def _refuse(kind: str, why: str, config: BundleConfig, remedy: str) -> Refusal:
    return Refusal(f"The transform {kind} {why}", config.file, remedy)


def _check_understood(kind: str, transform: dict, config: BundleConfig) -> None:
    understood = UNDERSTOOD[kind]
    for key, value in transform.items():
        allowed = ... if key in OF_ANY else understood.get(key, ())
        if allowed is not ... and value not in allowed:
            raise _refuse(kind, f"has {key} = {value!r}, which Rondo does not do", config, f"take {key} away if the network also works without it")


def _left_out(kind: str, left_out: set[str], notes: list[str]) -> bool:
    if kind not in left_out:
        return False
    notes.append(f"The bundle also applies {kind}; Rondo leaves it out, as whoever converted it asked.")
    return True


def read_preprocessing(config: BundleConfig, name: str, left_out: set[str]) -> Preprocessing:
    """Raises: Refusal naming the first transform that Rondo cannot do, or what is missing."""
    found = Preprocessing()
    for index, raw in enumerate(config.transforms(name)):
        kind = _kind(raw)
        if kind in WITHOUT_MEANING or _left_out(kind, left_out, found.notes):
            continue
        transform = config.resolved(raw, f"{name}#{index}")
        if kind in UNDERSTOOD:
            _check_understood(kind, transform, config)
        if kind == "Orientationd":
            found.orientation = str(transform.get("axcodes", "RAS"))
        elif kind == "Spacingd":
            found.spacing_mm = _spacing(transform, config)
            # Spacingd begins at the first voxel: of the patient's, once the image is turned; of the file's before. HU are clipped after it.
            is_known = found.orientation is not None and found.intensity is None and transform.get("mode", "bilinear") in ("bilinear", ["bilinear"]) and transform.get("padding_mode", "border") == "border"
            found.resampling = "monai" if is_known and not transform.get("scale_extent") else "triangle"
        elif kind in ("ScaleIntensityRanged", "NormalizeIntensityd"):
            if found.intensity is not None:
                raise _refuse(kind, "comes after another that scales intensities", config, "write both as one ScaleIntensityRanged")
            found.intensity = (_scaled_range if kind == "ScaleIntensityRanged" else _normalised)(transform, config)
        else:
            raise _refuse(kind, "before the network is not one that Rondo does", config, f"convert with --leave-out {kind} if the network also works without it")
    for what, value in (("Spacingd", found.spacing_mm), ("Orientationd", found.orientation), ("ScaleIntensityRanged or NormalizeIntensityd", found.intensity)):
        if value is None:
            raise Refusal(f"There is no {what} before the network, so what it is given depends on the file", config.file, f"add {what} as the network was trained with it")
    return found


def _spacing(transform: dict, config: BundleConfig) -> tuple[float, float, float]:
    pixdim = transform.get("pixdim")
    values = [pixdim] * 3 if isinstance(pixdim, (int, float)) else pixdim
    if not isinstance(values, list) or len(values) != 3 or not all(isinstance(value, (int, float)) and value > 0 for value in values):
        raise _refuse("Spacingd", f"has pixdim {pixdim!r}, expected three lengths in mm", config, "write all three; -1 would leave an axis as the image has it")
    return tuple(map(float, values))


def _scaled_range(transform: dict, config: BundleConfig) -> Intensity:
    try:
        a, b, low, high = (float(transform[key]) for key in ("a_min", "a_max", "b_min", "b_max"))
    except (KeyError, TypeError, ValueError) as cause:
        raise _refuse("ScaleIntensityRanged", "lacks a number for a_min, a_max, b_min or b_max", config, "write all four") from cause
    if not (b > a and high > low):
        raise _refuse("ScaleIntensityRanged", f"maps {a:g} … {b:g} onto {low:g} … {high:g}, expected rising values", config, "correct a_min, a_max, b_min and b_max")
    deviation = (b - a) / (high - low)
    return Intensity(*((a, b) if transform.get("clip") else WIDEST_HU), a - low * deviation, deviation)


def _normalised(transform: dict, config: BundleConfig) -> Intensity:
    mean, deviation = (value[0] if isinstance(value, list) and len(value) == 1 else value for value in (transform.get("subtrahend"), transform.get("divisor")))
    if transform.get("nonzero") or not all(isinstance(value, (int, float)) for value in (mean, deviation)) or deviation <= 0:
        raise _refuse("NormalizeIntensityd", "takes mean and deviation of each image, so HU lose their meaning", config, "train with a fixed subtrahend and divisor, or with ScaleIntensityRanged")
    return Intensity(*WIDEST_HU, float(mean), float(deviation))


@dataclass
class Postprocessing:
    """`softmax` or `sigmoid`, and notes for the card."""

    activation: str
    notes: list[str]


def read_postprocessing(config: BundleConfig, name: str, left_out: set[str]) -> Postprocessing:
    """How logits become structures. Raises: Refusal naming the transform that Rondo cannot do."""
    activation, notes = None, []
    for index, raw in enumerate(config.transforms(name)):
        kind = _kind(raw)
        if kind in WITHOUT_MEANING or _left_out(kind, left_out, notes):
            continue
        transform = config.resolved(raw, f"{name}#{index}")
        if kind == "Activationsd" and bool(transform.get("softmax")) != bool(transform.get("sigmoid")):
            activation = "softmax" if transform.get("softmax") else "sigmoid"
        elif kind == "AsDiscreted" and transform.get("argmax"):
            activation = activation or "softmax"
        elif kind == "AsDiscreted" and transform.get("threshold") == 0.5 and activation == "sigmoid":
            continue
        else:
            raise _refuse(kind, "after the network is not one that Rondo does as it stands there", config, f"convert with --leave-out {kind} and see to it in the protocol")
    if activation is None:
        raise Refusal("Nothing after the network says whether its channels are classes (softmax) or regions (sigmoid)", config.file, "add Activationsd with softmax: true or sigmoid: true")
    return Postprocessing(activation, notes)


@dataclass
class Inferer:
    """Tile along x, y, z, how tiles go together, share of a tile that the next covers, and what lies beyond the image after scaling."""

    roi: tuple[int, int, int]
    tiling: str
    overlap: float
    outside: float


def read_inferer(config: BundleConfig) -> Inferer:
    """Raises: Refusal when tiles are not cut by SlidingWindowInferer, or in a way that Rondo does not do."""
    inferer = config.entry("inferer")
    kind = str(inferer.get("_target_", "?")).split(".")[-1]
    if kind not in ("SlidingWindowInferer", "SlidingWindowInfererAdapt"):
        raise Refusal(f"The inferer is {kind}, expected SlidingWindowInferer", config.file, "tiles of one size are all that Rondo runs; name the size that the network was trained on")
    unknown = sorted(set(inferer) - INFERER_WITHOUT_MEANING)
    if unknown:
        raise Refusal(f"The inferer has {unknown[0]}, which Rondo does not know", config.file, f"take {unknown[0]} away if the network also works without it")
    roi = inferer.get("roi_size")
    sizes = [roi] * 3 if isinstance(roi, int) else roi
    if not isinstance(sizes, list) or len(sizes) != 3 or not all(isinstance(size, int) and size > 0 for size in sizes):
        raise Refusal(f"roi_size is {roi!r}, expected three whole numbers above 0", config.file, "write the size that the network was trained on")
    overlap, sigma, padding = inferer.get("overlap", 0.25), inferer.get("sigma_scale", 0.125), inferer.get("padding_mode", "constant")
    if not isinstance(overlap, (int, float)) or not 0 <= overlap <= 0.9:
        raise Refusal(f"overlap is {overlap!r}, expected one number from 0 to 0.9", config.file, "write one overlap for all axes")
    gaussian = inferer.get("mode", "constant") == "gaussian"
    if gaussian and sigma != 0.125:
        raise Refusal(f"sigma_scale is {sigma!r}, expected 0.125", config.file, "take it away, and measure what changes")
    if padding != "constant":
        raise Refusal(f"padding_mode is {padding!r}, expected constant", config.file, "take it away, and measure what changes")
    return Inferer(tuple(sizes), "monai" if gaussian else "monai-mean", float(overlap), float(inferer.get("cval", 0)))
