import numpy as np
import SimpleITK as sitk

from rondo_training.phantom.gallery import COLUMNS, PIXEL_MM, TILE, gallery, of_ct, of_phantom, tile


def test_a_tile_has_the_body_in_its_middle_and_true_to_scale():
    plane = np.full((100, 200), -1000, np.int16)
    plane[10:40, 150:190] = 40
    shown = tile(plane, (2.0, 1.0)) > 0
    inside = np.argwhere(shown)
    assert shown.shape == TILE[::-1]
    assert np.allclose(inside.mean(0), np.array(TILE[::-1]) / 2, atol=2)
    assert np.allclose(np.ptp(inside, axis=0), np.array([30 * 2, 40]) / PIXEL_MM, atol=2)


def test_cases_stand_beside_a_real_ct_head_up(tmp_path):
    volume = np.full((12, 60, 70), -1000, np.int16)
    volume[:, 20:40, 20:50] = 0
    volume[9:, 20:40, 20:50] = 240
    for index, plane in enumerate(volume):
        image = sitk.GetImageFromArray(plane[None])
        image.SetSpacing((2.0, 2.0, 3.0))
        image.SetOrigin((0.0, 0.0, 3.0 * index))
        image.SetMetaData("0008|0060", "CT")
        image.SetMetaData("0020|000e", "2.25.7")
        writer = sitk.ImageFileWriter()
        writer.KeepOriginalImageUIDOn()
        writer.SetFileName(str(tmp_path / f"{11 - index:02}.dcm"))
        writer.Execute(image)
    width, height = TILE
    shown = of_ct(tmp_path)
    assert shown.shape == (height, 3 * width)
    assert shown[height // 2, width // 2] < 120 and shown[height // 2, width * 3 // 2] == 255
    coronal = shown[:, 2 * width :]
    rows = np.flatnonzero(coronal[:, width // 2])
    assert coronal[rows[1], width // 2] > coronal[rows[-2], width // 2]
    assert gallery([shown] * 3).shape == (2 * height, COLUMNS * 3 * width)


def test_a_phantom_shows_breasts_and_axillae():
    shown = of_phantom(800200)
    width, height = TILE
    assert shown.shape == (height, 3 * width)
    for view in range(3):
        assert (shown[:, view * width : (view + 1) * width] > 60).mean() > 0.15
