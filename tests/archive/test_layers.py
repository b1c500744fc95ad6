"""Layers written some rows at a time."""

import numpy as np
import pytest
import xarray as xr

from farside import archive
from farside.archive import layers

HEIGHT, WIDTH = 300, 1500


@pytest.fixture
def product():
    draw = np.random.default_rng(7)
    return xr.Dataset(
        {
            "image": (("line", "sample", "band"), draw.integers(0, 65536, (HEIGHT, WIDTH, 3)).astype(np.uint16), {}),
            "frame": (("line", "sample"), draw.integers(-1, 9, (HEIGHT, WIDTH)).astype(np.int16), {"units": "1"}),
        },
        attrs={
            "product_id": "CE4_GRAS_TCAM-I-PANO_SCI_N_20190106033401_20190106051047_0004_A", "title": "panorama",
            "instrument": "tcam", "start_utc": "2019-01-06T03:34:01.000Z", "stop_utc": "2019-01-06T05:10:47.000Z",
        },
    )  # fmt: skip


def test_rows_in_any_order_give_the_same_bytes(product, tmp_path):
    label = archive.write_layers(product, tmp_path / "whole")
    kinds = {name: archive.Layer(v.shape, v.dtype.name, v.attrs) for name, v in product.data_vars.items()}
    tiff = tmp_path / "rows" / label.with_suffix(".tif").name
    with archive.layer_rows(tiff, kinds) as out:
        for top in reversed(range(0, HEIGHT, layers.ROWS)):
            out.put(top, {name: v.to_numpy()[top : top + layers.ROWS] for name, v in product.data_vars.items()})
    again = archive.label_layers(tiff, kinds, product.attrs)
    for end in (".tif", ".json", ".xml"):
        assert label.with_suffix(end).read_bytes() == again.with_suffix(end).read_bytes()


def test_products_past_4_gigabytes_have_long_offsets_and_read_the_same(product, tmp_path, monkeypatch):
    monkeypatch.setattr(layers, "BIG", 0)
    label = archive.write_layers(product, tmp_path)
    assert label.with_suffix(".tif").read_bytes()[:4] == b"II\x2b\x00"
    assert archive.read_layers(label).identical(product)


def test_nothing_stands_there_when_writing_stops_half_way(product, tmp_path):
    kinds = {"frame": archive.Layer((HEIGHT, WIDTH), "int16", {})}
    with pytest.raises(RuntimeError), archive.layer_rows(tmp_path / "x.tif", kinds) as out:
        out.put(0, {"frame": product["frame"].to_numpy()[: layers.ROWS]})
        raise RuntimeError
    assert not list(tmp_path.iterdir())


def test_changes_of_a_product_that_was_read_stay_out_of_its_file(product, tmp_path):
    label = archive.write_layers(product, tmp_path)
    archive.read_layers(label)["image"][:] = 0
    assert archive.read_layers(label).identical(product)
