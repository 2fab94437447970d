"""A CT of a few centimetres, as DICOM and as NIfTI: ellipsoids in air with noise, unequal extents and spacings."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import SimpleITK as sitk
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

SIZE_XYZ = (60, 51, 44)
SPACING_XYZ = (1.5, 1.8, 2.5)
ORIGIN_XYZ = (-40.0, -35.5, 12.25)


class Scan(NamedTuple):
    """Voxels along x, y, z and their distance in mm."""

    size: tuple[int, int, int]
    spacing: tuple[float, float, float]


OWN = Scan(SIZE_XYZ, SPACING_XYZ)
"""At the spacing of the networks."""

OTHER = {
    "thin slices": Scan((92, 94, 55), (0.98, 0.98, 2.0)),
    "thick slices": Scan((100, 97, 37), (0.9, 0.95, 3.0)),
    "coarse": Scan((30, 31, 44), (3.0, 3.0, 2.5)),
}
"""The same anatomy in other voxels. nnU-Net calls slices thick from three times the pixels on."""

TISSUES = (
    # label, HU, centre, half axes; shares of the extent along x, y, z
    (1, 40, (0.50, 0.52, 0.50), (0.42, 0.40, 0.62)),
    (3, -820, (0.30, 0.47, 0.45), (0.13, 0.22, 0.38)),
    (3, -790, (0.71, 0.50, 0.55), (0.12, 0.20, 0.35)),
    (2, 600, (0.50, 0.80, 0.50), (0.06, 0.07, 0.70)),
    (2, 450, (0.55, 0.20, 0.40), (0.10, 0.04, 0.20)),
)
"""Unlike itself under every flip and exchange of axes."""

CLASSES = ("background", "soft", "bone", "lung")


def small_ct(scan: Scan = OWN) -> tuple[np.ndarray, np.ndarray]:
    """HU int16 and labels uint8, both [z, y, x] with z to the head, y to the back, x to the left."""
    random = np.random.default_rng(7)
    z, y, x = np.meshgrid(*((np.arange(n) + 0.5) / n for n in reversed(scan.size)), indexing="ij")
    hu, labels = np.full(z.shape, -1000.0), np.zeros(z.shape, np.uint8)
    for label, value, centre, half in TISSUES:
        inside = sum(((p - c) / h) ** 2 for p, c, h in zip((x, y, z), centre, half)) < 1
        hu[inside], labels[inside] = value, label
    return np.round(hu + random.normal(0, 25, hu.shape)).astype(np.int16), labels


def write_dicom(hu: np.ndarray, folder: Path, scan: Scan = OWN) -> None:
    """One file a slice, head first supine, so that indices grow to left, back and head."""
    folder.mkdir()
    uids = {key: generate_uid(entropy_srcs=[f"rondo convert {key}"]) for key in ("study", "series", "frame")}
    for k, pixels in enumerate(hu):
        uid = generate_uid(entropy_srcs=[f"rondo convert slice {k}"])
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID, meta.TransferSyntaxUID = CTImageStorage, uid, ExplicitVRLittleEndian
        data = Dataset()
        data.file_meta = meta
        data.SOPClassUID, data.SOPInstanceUID, data.Modality = CTImageStorage, uid, "CT"
        data.StudyInstanceUID, data.SeriesInstanceUID, data.FrameOfReferenceUID = uids["study"], uids["series"], uids["frame"]
        data.PatientName, data.PatientID, data.PatientPosition = "Small^CT", "small-ct", "HFS"
        data.StudyDate = data.StudyTime = data.PatientBirthDate = data.PatientSex = data.StudyID = data.AccessionNumber = ""
        data.SeriesNumber, data.InstanceNumber = 1, k + 1
        data.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        data.ImagePositionPatient = [ORIGIN_XYZ[0], ORIGIN_XYZ[1], ORIGIN_XYZ[2] + k * scan.spacing[2]]
        data.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        data.PixelSpacing, data.SliceThickness = [scan.spacing[1], scan.spacing[0]], scan.spacing[2]
        data.Rows, data.Columns = pixels.shape
        data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
        data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 1
        data.RescaleIntercept, data.RescaleSlope = 0, 1
        data.PixelData = pixels.astype("<i2").tobytes()
        data.is_little_endian, data.is_implicit_VR = True, False
        data.save_as(folder / f"{k:03d}.dcm", write_like_original=False)


def write_nifti(dicom: Path, path: Path) -> None:
    """The series as SimpleITK reads it."""
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(dicom)))
    sitk.WriteImage(reader.Execute(), str(path))


def read_labels(path: Path) -> np.ndarray:
    """Labels [z, y, x] of a NIfTI file, as it is stored."""
    return sitk.GetArrayFromImage(sitk.ReadImage(str(path)))
