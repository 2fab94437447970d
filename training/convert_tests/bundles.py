"""MONAI bundles of a network too small to be of use."""

import json
from pathlib import Path

import numpy as np
import torch
from monai.networks.nets import BasicUNet

from short_training import train_shortly
from small_ct import CLASSES, SPACING_XYZ, small_ct

FEATURES = [6, 6, 8, 8, 8, 6]
LOW, HIGH = -900.0, 700.0
ROI = [32, 48, 32]

NETWORK = {"_target_": "BasicUNet", "spatial_dims": 3, "in_channels": 1, "out_channels": len(CLASSES), "features": FEATURES}

PREPROCESSING = [
    {"_target_": "LoadImaged", "keys": "image"},
    {"_target_": "EnsureChannelFirstd", "keys": "image"},
    {"_target_": "Orientationd", "keys": "image", "axcodes": "RAS"},
    {"_target_": "Spacingd", "keys": "image", "pixdim": list(SPACING_XYZ), "mode": "bilinear"},
    {"_target_": "ScaleIntensityRanged", "keys": "image", "a_min": LOW, "a_max": HIGH, "b_min": 0.0, "b_max": 1.0, "clip": True},
    {"_target_": "EnsureTyped", "keys": "image"},
]

POSTPROCESSING = [
    {"_target_": "Activationsd", "keys": "pred", "softmax": True},
    {"_target_": "Invertd", "keys": "pred", "transform": "@preprocessing", "orig_keys": "image"},
    {"_target_": "AsDiscreted", "keys": "pred", "argmax": True},
    {"_target_": "SaveImaged", "keys": "pred", "output_dir": "$@bundle_root + '/eval'"},
]

INFERER = {"_target_": "SlidingWindowInferer", "roi_size": ROI, "sw_batch_size": 2, "overlap": 0.25, "mode": "gaussian"}


def turned_image() -> np.ndarray:
    """The small CT as MONAI hands it on: float32 [x, y, z], x to the right, y to the front, from 0 to 1."""
    return np.ascontiguousarray((np.clip(small_ct()[0].T[::-1, ::-1].astype(np.float32), LOW, HIGH) - LOW) / (HIGH - LOW))


def small_network() -> BasicUNet:
    torch.manual_seed(5)
    network = BasicUNet(spatial_dims=3, in_channels=1, out_channels=len(CLASSES), features=FEATURES)
    labels = small_ct()[1].T[::-1, ::-1]
    train_shortly(network, turned_image(), np.stack([labels == value for value in range(len(CLASSES))]), tuple(ROI), False, 40)
    return network


def make_bundle(folder: Path, network: BasicUNet, **changed) -> Path:
    """A bundle; `changed` replaces entries of its inference.json."""
    (folder / "configs").mkdir(parents=True)
    (folder / "models").mkdir()
    config = {
        "bundle_root": ".", "device": "$torch.device('cpu')", "network_def": NETWORK, "network": "$@network_def.to(@device)",
        "preprocessing": {"_target_": "Compose", "transforms": PREPROCESSING}, "inferer": INFERER, "postprocessing": {"_target_": "Compose", "transforms": POSTPROCESSING},
        **changed,
    }
    (folder / "configs" / "inference.json").write_text(json.dumps(config))
    channels = {"0": "background"} | {str(number): name for number, name in enumerate(CLASSES) if number > 0}
    (folder / "configs" / "metadata.json").write_text(json.dumps({
        "version": "0.3.1", "name": "Small", "task": "Tissues of a small CT", "description": "For tests", "data_source": "A drawn CT",
        "network_data_format": {"inputs": {"image": {"modality": "CT", "num_channels": 1}}, "outputs": {"pred": {"num_channels": len(CLASSES), "channel_def": channels}}},
    }))
    torch.save(network.state_dict(), folder / "models" / "model.pt")
    return folder
