"""The same CT through MONAI's sliding windows and, converted, through Rondo."""

import numpy as np
import pytest
import torch
from monai.inferers import sliding_window_inference

from bundles import INFERER, ROI, make_bundle, small_network, turned_image
from compared import compare, labels_of, rondo_masks
from rondo_convert.conversion import checked_identity
from rondo_convert.folder import write_model
from rondo_convert.monai_bundle import convert, read_metadata

@pytest.fixture(scope="module")
def network():
    return small_network()


def by_monai(network: torch.nn.Module, mode: str) -> np.ndarray:
    """Probabilities [channel, z, y, x] as the CT lies."""
    with torch.inference_mode():
        logits = sliding_window_inference(torch.from_numpy(turned_image())[None, None], ROI, 2, network, overlap=INFERER["overlap"], mode=mode)
        return torch.softmax(logits, 1)[0].numpy()[:, ::-1, ::-1].transpose(0, 3, 2, 1)


@pytest.mark.parametrize("mode", ["gaussian", "constant"])
def test_sliding_windows(network, mode, ct_files, tmp_path):
    bundle = make_bundle(tmp_path / "bundle", network, inferer={**INFERER, "mode": mode})
    write_model(convert(bundle, checked_identity("parity", "1.0.0", "none", bundle), read_metadata(bundle), None, 12, set()), tmp_path / "model")
    probabilities = by_monai(network, mode)
    compare(labels_of(rondo_masks(tmp_path / "model", ct_files.dicom, tmp_path)), probabilities.argmax(0))
