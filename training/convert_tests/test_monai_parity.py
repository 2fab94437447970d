"""The same CT through MONAI's sliding windows and, converted, through Rondo."""

import numpy as np
import pytest
import torch
from monai.bundle import ConfigParser
from monai.inferers import sliding_window_inference
from monai.transforms import Activationsd, Compose, Invertd

from bundles import INFERER, PREPROCESSING, ROI, make_bundle, small_network, turned_image
from compared import compare, labels_of, rondo_masks
from rondo_convert.conversion import checked_identity
from rondo_convert.folder import write_model
from rondo_convert.monai_bundle import convert, read_metadata
from small_ct import OTHER, small_ct, write_dicom, write_nifti

@pytest.fixture(scope="module")
def network():
    return small_network()


def by_monai(network: torch.nn.Module, mode: str) -> np.ndarray:
    """Probabilities [channel, z, y, x] as the CT lies."""
    with torch.inference_mode():
        logits = sliding_window_inference(torch.from_numpy(turned_image())[None, None], ROI, 2, network, overlap=INFERER["overlap"], mode=mode)
        return torch.softmax(logits, 1)[0].numpy()[:, ::-1, ::-1].transpose(0, 3, 2, 1)


@pytest.mark.parametrize("name", OTHER)
def test_other_voxels_than_the_networks(network, name, tmp_path):
    """What the bundle's own transforms make of the file, there and back."""
    scan = OTHER[name]
    write_dicom(small_ct(scan)[0], tmp_path / "dicom", scan)
    write_nifti(tmp_path / "dicom", tmp_path / "ct.nii.gz")
    bundle = make_bundle(tmp_path / "bundle", network)
    write_model(convert(bundle, checked_identity("parity", "1.0.0", "none", "synthetic", bundle), read_metadata(bundle), None, 12, set()), tmp_path / "model")
    before = ConfigParser({"before": {"_target_": "Compose", "transforms": PREPROCESSING}}).get_parsed_content("before")
    data = before({"image": str(tmp_path / "ct.nii.gz")})
    with torch.inference_mode():
        data["pred"] = sliding_window_inference(data["image"][None], ROI, 2, network, overlap=INFERER["overlap"], mode="gaussian")[0]
    after = Compose([Activationsd(keys="pred", softmax=True), Invertd(keys="pred", transform=before, orig_keys="image", nearest_interp=False)])
    expected = after(data)["pred"].numpy().argmax(0).T
    compare(labels_of(rondo_masks(tmp_path / "model", tmp_path / "dicom", tmp_path)), expected)


@pytest.mark.parametrize("mode", ["gaussian", "constant"])
def test_sliding_windows(network, mode, ct_files, tmp_path):
    bundle = make_bundle(tmp_path / "bundle", network, inferer={**INFERER, "mode": mode})
    write_model(convert(bundle, checked_identity("parity", "1.0.0", "none", "synthetic", bundle), read_metadata(bundle), None, 12, set()), tmp_path / "model")
    probabilities = by_monai(network, mode)
    compare(labels_of(rondo_masks(tmp_path / "model", ct_files.dicom, tmp_path)), probabilities.argmax(0))
