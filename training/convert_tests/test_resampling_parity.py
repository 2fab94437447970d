"""A CT in other voxels than the network's, through nnU-Net and, converted, through Rondo: the same labels."""

import pytest

from by_nnunet import converted, in_32_bit, in_process
from compared import compare, labels_of, rondo_masks
from small_ct import OTHER, small_ct, write_dicom
from trained_folders import Recipe, make_trained_folder


@pytest.fixture(scope="module")
def one_fold(tmp_path_factory):
    """One fold without flips, of which nothing takes long, and the same converted."""
    folder = tmp_path_factory.mktemp("fold")
    trained = make_trained_folder(Recipe(mirrored=None), folder)
    return trained, converted(trained, folder / "model", ["0"])


@pytest.mark.parametrize("name", OTHER)
def test_other_voxels_than_the_networks(one_fold, name, tmp_path):
    scan = OTHER[name]
    hu = small_ct(scan)[0]
    write_dicom(hu, tmp_path / "dicom", scan)
    masks = rondo_masks(one_fold[1], tmp_path / "dicom", tmp_path)
    compare(labels_of(masks), *(run(one_fold[0], hu, (0,), False, scan) for run in (in_process, in_32_bit)))


def test_slices_of_other_pixels(tmp_path):
    scan = OTHER["thick slices"]
    hu = small_ct(scan)[0]
    write_dicom(hu, tmp_path / "dicom", scan)
    trained = make_trained_folder(Recipe(patch=(48, 40), strides=((1, 1), (2, 2), (2, 2)), configuration="2d", mirrored=None), tmp_path)
    masks = rondo_masks(converted(trained, tmp_path / "model", ["0"]), tmp_path / "dicom", tmp_path)
    compare(labels_of(masks), *(run(trained, hu, (0,), False, scan) for run in (in_process, in_32_bit)))
