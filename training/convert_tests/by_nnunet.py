"""A trained folder through nnU-Net's own classes, and converted."""

from pathlib import Path

import numpy as np
import pytest
import torch
from nnunetv2.inference import predict_from_raw_data
from nnunetv2.inference.sliding_window_prediction import compute_gaussian

from rondo_convert import nnunet
from rondo_convert.conversion import checked_identity
from rondo_convert.folder import write_model
from rondo_convert.nnunet_folder import read_trained_folder
from small_ct import OWN, Scan


def converted(trained: Path, out: Path, folds: list[str], orientation: str | None = None) -> Path:
    read = read_trained_folder(trained, None)
    write_model(nnunet.convert(read, checked_identity("parity", "1.0.0", "none", "synthetic", trained), folds, None, orientation), out)
    return out


class _In32Bit:
    """PyTorch whose half is whole."""

    def __getattr__(self, name):
        return torch.float32 if name == "half" else getattr(torch, name)


def _gaussian_in_32_bit(size, sigma_scale, value_scaling_factor, device):
    return compute_gaussian(size, sigma_scale, value_scaling_factor, torch.float64, device).float()


def in_process(trained: Path, hu: np.ndarray, folds: tuple[int, ...] = (0,), mirroring: bool = True, scan: Scan = OWN) -> np.ndarray:
    """The same class that the command runs, without its start of half a minute: HU [z, y, x] to labels."""
    predictor = predict_from_raw_data.nnUNetPredictor(use_mirroring=mirroring, device=torch.device("cpu"), allow_tqdm=False)
    predictor.initialize_from_trained_model_folder(str(trained), folds)
    return predictor.predict_single_npy_array(hu[None].astype(np.float32), {"spacing": list(scan.spacing[::-1])})


def in_32_bit(*arguments) -> np.ndarray:
    """The same, with tiles added in 32 bit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(predict_from_raw_data, "torch", _In32Bit())
        patch.setattr(predict_from_raw_data, "compute_gaussian", _gaussian_in_32_bit)
        return in_process(*arguments)
