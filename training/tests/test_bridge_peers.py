"""Structure sets that go between Rondo and two Python packages: rt-utils writes and reads them, dcmrtstruct2nii reads them.

Voxels are compared on a crop of a bundled phantom: 192 x 192 pixels of 1.5 mm and 24 slices of 3 mm. It is square, with
equal spacings: elsewhere rt-utils takes rows for columns (masks of Columns x Rows, Pixel Spacing in the wrong order).
"""

import json
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from dcmrtstruct2nii import dcmrtstruct2nii
from rt_utils import RTStructBuilder
from scipy import ndimage

RONDO = Path(__file__).parents[2] / "dist/cli/rondo.js"
FIRST_SLICE, SLICES, FIRST_COLUMN, FIRST_ROW, SIDE = 46, 24, 84, 24, 192
TRUTH = "truth.dcm"
# A voxel and its eight neighbours in the slice.
ROUND_ABOUT = np.ones((1, 3, 3), bool)

pytestmark = pytest.mark.skipif(not RONDO.exists(), reason="dist/ is not built: npm run build")


def rondo(*words) -> dict:
    ended = subprocess.run(["node", RONDO, *map(str, words), "--json"], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return json.loads(ended.stdout)


def dice(a, b) -> float:
    return 2 * (a & b).sum() / (a.sum() + b.sum())


@pytest.fixture(scope="module")
def ct(tmp_path_factory) -> Path:
    """The CT series: part of a bundled phantom, whose true structures lie beside it."""
    folder = tmp_path_factory.mktemp("phantom")
    whole, crop = folder / "case", folder / "ct"
    rondo("phantom", "--out", whole)
    crop.mkdir()
    slices = [pydicom.dcmread(file) for file in (whole / "ct").iterdir()]
    slices.sort(key=lambda image: image.ImagePositionPatient[2])
    for index, image in enumerate(slices[FIRST_SLICE : FIRST_SLICE + SLICES]):
        pixels = np.frombuffer(image.PixelData, np.int16).reshape(image.Rows, image.Columns)
        x, y, z = image.ImagePositionPatient
        image.ImagePositionPatient = [x + FIRST_COLUMN * image.PixelSpacing[1], y + FIRST_ROW * image.PixelSpacing[0], z]
        image.Rows = image.Columns = SIDE
        image.PixelData = pixels[FIRST_ROW : FIRST_ROW + SIDE, FIRST_COLUMN : FIRST_COLUMN + SIDE].tobytes()
        image.save_as(crop / f"{index:03d}.dcm")
    (whole / TRUTH).rename(folder / TRUTH)
    return crop


@pytest.fixture(scope="module")
def image(ct):
    """The same series as SimpleITK sees it: where masks lie."""
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(ct)))
    return reader.Execute()


@pytest.fixture(scope="module")
def masks(ct, image, tmp_path_factory) -> dict[str, np.ndarray]:
    """Boolean arrays, slice, row, column: shapes that are hard to write, and the phantom's heart."""
    k, j, i = np.meshgrid(np.arange(SLICES), np.arange(SIDE), np.arange(SIDE), indexing="ij")
    distance = np.hypot(i - 75.3, j - 75.6)
    within = (k >= 4) & (k < 20)

    def ball(x, y, z, radius):
        return ((i - x) / radius) ** 2 + ((j - y) / radius) ** 2 + (2 * (k - z) / radius) ** 2 <= 1

    truth, _ = read_by_rondo(tmp_path_factory.mktemp("truth"), ct, ct.parent / TRUTH)
    return {
        "Heart": truth["Heart"],
        "Island in hole": within & ((distance < 10) | ((distance > 22) & (distance < 40))),
        "Two islands": ball(40, 140, 10, 14) | ball(80.4, 150.7, 12, 20),
        "One voxel": (i == 101) & (j == 57) & (k == 9),
        "At the border": (i < 9) & (j > 150) & within,
    }


def read_by_rondo(folder, ct, file) -> tuple[dict[str, np.ndarray], list[str]]:
    """Masks by structure name, and what Rondo says of contours that it could not use."""
    report = rondo("rtstruct", "to-masks", file, "--ct", ct, "--out", folder / "masks")
    read = {entry["name"]: sitk.GetArrayFromImage(sitk.ReadImage(entry["file"])) > 0 for entry in report["structures"]}
    return read, report["problems"]


@pytest.fixture(scope="module", params=["exact", "smooth"])
def from_rondo(request, tmp_path_factory, ct, image, masks) -> Path:
    """A structure set of the masks by Rondo, in either mode."""
    folder = tmp_path_factory.mktemp("rondo")
    files = []
    for name, mask in masks.items():
        picture = sitk.GetImageFromArray(mask.astype(np.uint8))
        picture.CopyInformation(image)
        files.append(folder / f"{name}.nii.gz")
        sitk.WriteImage(picture, str(files[-1]))
    rondo("rtstruct", "from-masks", *files, "--ct", ct, "--out", folder / "rs.dcm", "--mode", request.param)
    return folder / "rs.dcm"


def test_dcmrtstruct2nii_reads_the_identical_voxels_from_rondo(from_rondo, ct, masks, tmp_path):
    """Holes too: Rondo joins them by keyholes, which are closed planar contours (it would skip rings of the XOR type)."""
    dcmrtstruct2nii(str(from_rondo), str(ct), str(tmp_path), convert_original_dicom=False)
    assert len(list(tmp_path.iterdir())) == len(masks)
    for name, mask in masks.items():
        theirs = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / f"mask_{name.replace(' ', '-')}.nii.gz"))) > 0
        assert np.array_equal(theirs, mask), f"{name}: DSC {dice(theirs, mask)}"


def test_rt_utils_reads_every_voxel_from_rondo_and_at_most_one_beside(from_rondo, ct, masks):
    """rt-utils moves each point to the nearest voxel centre and counts the outline as inside: half a voxel or so is added
    all round, in holes too. Measured DSC, exact and smooth: Heart 0.973 and 0.989, Island in hole 0.956 and 0.977, Two
    islands 0.948 and 0.973, At the border 1 and 0.946; of One voxel it makes four and five.
    """
    read = RTStructBuilder.create_from(str(ct), str(from_rondo))
    assert read.get_roi_names() == list(masks)
    for name, mask in masks.items():
        theirs = np.moveaxis(read.get_roi_mask_by_name(name), 2, 0) > 0
        assert not (mask & ~theirs).any(), name
        assert not (theirs & ~ndimage.binary_dilation(mask, ROUND_ABOUT)).any(), name
        if mask.sum() > 10_000:
            assert dice(theirs, mask) > 0.94, name


def even_odd(file, name, image) -> np.ndarray:
    """What the polygons of a structure say, by pydicom and a crossing test: a voxel belongs when a point a trifle to the
    right of its centre, and a smaller trifle below, lies in an odd number of them. So centres on an edge, which are many
    here, go to one side, the one that Rondo documents.
    """
    file = pydicom.dcmread(file)
    number = next(roi.ROINumber for roi in file.StructureSetROISequence if roi.ROIName == name)
    drawn = next(roi for roi in file.ROIContourSequence if roi.ReferencedROINumber == number)
    mask = np.zeros(image.GetSize()[::-1], bool)
    y, x = np.mgrid[0:SIDE, 0:SIDE] + np.array([1e-6, 1e-3])[:, None, None]
    for contour in drawn.ContourSequence:
        points = np.array(contour.ContourData, float).reshape(-1, 3)
        index = (points - image.GetOrigin()) / image.GetSpacing()
        inside = np.zeros((SIDE, SIDE), bool)
        for (x0, y0, _), (x1, y1, _) in zip(index, np.roll(index, 1, axis=0)):
            if y0 != y1:
                inside ^= ((y0 > y) != (y1 > y)) & (x > x0 + (y - y0) * (x1 - x0) / (y1 - y0))
        mask[round(index[0, 2])] ^= inside
    return mask


@pytest.mark.parametrize("pin_holes", [False, True])
def test_rondo_reads_from_rt_utils_what_its_polygons_say(ct, image, masks, tmp_path, pin_holes):
    """rt-utils draws through the centres of the outermost voxels, half a voxel inside the structure and outside its holes.
    Of its masks Rondo lacks those outermost voxels that are on the far side of an edge, and nothing else. Measured DSC:
    Heart 0.985 (2311 voxels), Island in hole 0.973 (3264), Two islands 0.970 (1306), At the border 0.929 (784).
    """
    written = RTStructBuilder.create_new(str(ct))
    for name, mask in masks.items():
        written.add_roi(np.moveaxis(mask, 0, 2), name=name, use_pin_hole=pin_holes)
    written.save(str(tmp_path / "rs.dcm"))
    read, problems = read_by_rondo(tmp_path, ct, tmp_path / "rs.dcm")
    assert sorted([*read, "One voxel"]) == sorted(masks)
    for name, mine in read.items():
        assert np.array_equal(mine, even_odd(tmp_path / "rs.dcm", name, image)), name
        lost, inner = masks[name] & ~mine, ndimage.binary_erosion(masks[name], ROUND_ABOUT)
        assert not (mine & ~masks[name]).any(), name
        if not pin_holes:
            assert not (lost & inner).any(), name
            assert dice(mine, masks[name]) > 0.92, name
    # One voxel, and the tips of the islands, are polygons of one point or two.
    assert any("One voxel" in problem and "no-area" in problem for problem in problems)
    assert not even_odd(tmp_path / "rs.dcm", "One voxel", image).any()
