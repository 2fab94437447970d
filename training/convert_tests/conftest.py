from pathlib import Path
from typing import NamedTuple

import pytest

from small_ct import small_ct, write_dicom, write_nifti


class CtFiles(NamedTuple):
    """The small CT: a folder of DICOM files, and `ct_0000.nii.gz` alone in another."""

    dicom: Path
    nifti: Path


@pytest.fixture(scope="session")
def ct_files(tmp_path_factory) -> CtFiles:
    folder = tmp_path_factory.mktemp("ct")
    files = CtFiles(folder / "dicom", folder / "nifti" / "ct_0000.nii.gz")
    write_dicom(small_ct()[0], files.dicom)
    files.nifti.parent.mkdir()
    write_nifti(files.dicom, files.nifti)
    return files
