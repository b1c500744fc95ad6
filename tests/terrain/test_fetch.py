"""Elevation files from a server on this machine: whole, in pieces, broken off, changed, missing."""

import hashlib
import json

import dems
import numpy as np
import pytest
import rasterio
from dems import hills
from fileserver import serving

from farside.errors import BadInput, DamagedFile
from farside.moon.dem import Dem
from farside.moon.fetch import Cache, Fetching, Unreachable, fetch, products
from farside.moon.fetch import download as download_module
from farside.moon.fetch import known as known_module
from farside.moon.fetch.crop import box
from farside.moon.fetch.known import addresses
from farside.moon.raster import look


@pytest.fixture
def server(tmp_path):
    folder = tmp_path / "served"
    folder.mkdir()
    with serving(folder) as files:
        yield files


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "cache")


def get(url, cache, tmp_path, lat=5.0, lon=25.0, size_m=40_000.0, **words):
    out = tmp_path / "out.tif"
    return out, fetch(url, lat, lon, size_m, out, Fetching(cache, **words))


def check(path, lat=5.0, lon=25.0, abs=0.5):
    """The cut file is that ground, at its middle and around."""
    dem = Dem([look(path)])
    place = np.radians(lat + np.array([0.0, 0.3, -0.3])), np.radians(lon + np.array([0.0, 0.3, -0.3]))
    z, known = dem.heights(*dem.place(*place), 1)
    assert known.all()
    assert z == pytest.approx(hills(*np.degrees(place)), abs=abs)


def test_a_file_is_fetched_cut_and_kept(server, cache, tmp_path):
    dems.ground(server.folder / "a.tif")
    url = f"{server.url}/a.tif"
    out, tags = get(url, cache, tmp_path)
    check(out)
    sha = hashlib.sha256((server.folder / "a.tif").read_bytes()).hexdigest()
    with rasterio.open(out) as file:
        assert file.tags()["SOURCE"] == url
        assert file.tags()["SOURCE_SHA256"] == sha == tags["SOURCE_SHA256"]
        assert file.width < 60
        assert file.crs.to_dict()["R"] == 1737400
    first = out.read_bytes()
    asked = len([a for a in server.asked if a[0] == "GET"])
    get(url, cache, tmp_path)
    assert len([a for a in server.asked if a[0] == "GET"]) == asked  # nothing is fetched twice
    assert out.read_bytes() == first


def test_a_download_that_breaks_off_goes_on_where_it_was(server, cache, tmp_path):
    path = dems.ground(server.folder / "a.tif")
    size = path.stat().st_size
    server.breaks_after = size // 3
    out, _ = get(f"{server.url}/a.tif", cache, tmp_path)
    check(out)
    ranges = [asked for command, _, asked in server.asked if command == "GET"]
    assert (
        ranges == [None, f"bytes={size // 3}-", f"bytes={2 * (size // 3)}-", f"bytes={3 * (size // 3)}-"][: len(ranges)]
    )
    assert len(ranges) >= 3
    assert server.sent == size  # not a byte twice


def test_what_came_of_an_interrupted_download_is_kept_for_the_next_command(server, cache, tmp_path, monkeypatch):
    path = dems.ground(server.folder / "a.tif")
    size = path.stat().st_size
    server.breaks_after = size // 5
    monkeypatch.setattr(download_module, "_TRIES", 2)
    with pytest.raises(Unreachable, match="the same command goes on from there"):
        get(f"{server.url}/a.tif", cache, tmp_path)
    server.breaks_after = None
    check(get(f"{server.url}/a.tif", cache, tmp_path)[0])
    assert server.sent == size
    assert not list(cache.folder.rglob("*.part*"))


def test_two_versions_are_never_put_together(server, cache, tmp_path, monkeypatch):
    path = dems.ground(server.folder / "a.tif")
    server.breaks_after = path.stat().st_size // 2
    monkeypatch.setattr(download_module, "_TRIES", 1)
    with pytest.raises(Unreachable):
        get(f"{server.url}/a.tif", cache, tmp_path)
    dems.ground(path, f=lambda lat, lon: hills(lat, lon) + 100)
    server.breaks_after = None
    _, tags = get(f"{server.url}/a.tif", cache, tmp_path)
    assert tags["SOURCE_SHA256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_server_without_ranges_starts_again(server, cache, tmp_path, monkeypatch):
    path = dems.ground(server.folder / "a.tif")
    server.ranges, server.breaks_after = False, path.stat().st_size // 2
    monkeypatch.setattr(download_module, "_TRIES", 1)
    with pytest.raises(Unreachable):
        get(f"{server.url}/a.tif", cache, tmp_path)
    server.breaks_after = None
    check(get(f"{server.url}/a.tif", cache, tmp_path)[0])


def test_a_whole_part_needs_nothing_more(server, cache, tmp_path):
    """Killed between the last byte and its place: the server says that nothing is missing."""
    path = dems.ground(server.folder / "a.tif")
    server.breaks_after = 0
    with pytest.raises(Unreachable):
        get(f"{server.url}/a.tif", cache, tmp_path)
    (version,) = cache.folder.rglob("*.part.version")
    version.with_suffix("").write_bytes(path.read_bytes())
    server.breaks_after = None
    check(get(f"{server.url}/a.tif", cache, tmp_path)[0])
    assert server.sent == 0


def test_a_changed_file_is_refused_with_both_sums(server, cache, tmp_path):
    path = dems.ground(server.folder / "a.tif")
    url = f"{server.url}/a.tif"
    get(url, cache, tmp_path)
    old = hashlib.sha256(path.read_bytes()).hexdigest()
    (kept,) = cache.folder.rglob("a.tif")
    kept.unlink()
    dems.ground(path, f=lambda lat, lon: hills(lat, lon) + 1)
    new = hashlib.sha256(path.read_bytes()).hexdigest()
    for _ in range(2):
        with pytest.raises(DamagedFile) as caught:
            get(url, cache, tmp_path)
        assert old in str(caught.value)
        assert new in str(caught.value)
        assert "sums.json" in str(caught.value)
    sums = json.loads((cache.folder / "sums.json").read_text())
    del sums[url]
    (cache.folder / "sums.json").write_text(json.dumps(sums))
    get(url, cache, tmp_path)


def test_a_damaged_copy_in_the_cache_is_fetched_again(server, cache, tmp_path):
    dems.ground(server.folder / "a.tif")
    get(f"{server.url}/a.tif", cache, tmp_path)
    (kept,) = cache.folder.rglob("a.tif")
    kept.write_bytes(kept.read_bytes()[:-1000])
    check(get(f"{server.url}/a.tif", cache, tmp_path)[0])


def test_missing_files_and_servers_are_named(server, cache, tmp_path):
    with pytest.raises(Unreachable, match="404"):
        get(f"{server.url}/no.tif", cache, tmp_path)
    with pytest.raises(Unreachable, match=r"cannot be reached.*is there a network"):
        get("http://127.0.0.1:9/a.tif", cache, tmp_path)
    with pytest.raises(Unreachable, match="no such file"):
        get(f"file://{tmp_path}/no.tif", cache, tmp_path)
    with pytest.raises(BadInput, match="http, https or file"):
        get("ftp://example.org/a.tif", cache, tmp_path)
    assert not (tmp_path / "out.tif").exists()


def test_what_is_no_elevation_file_is_refused_and_nothing_written(server, cache, tmp_path):
    (server.folder / "page.tif").write_text("<html>sorry</html>")
    with pytest.raises(DamagedFile, match=r"page\.tif"):
        get(f"{server.url}/page.tif", cache, tmp_path)
    dems.ground(server.folder / "mars.tif", crs="+proj=longlat +R=3396190")
    with pytest.raises(BadInput, match="Mars"):
        get(f"{server.url}/mars.tif", cache, tmp_path)
    dems.ground(server.folder / "a.tif")
    with pytest.raises(BadInput, match="is outside"):
        get(f"{server.url}/a.tif", cache, tmp_path, lat=50.0)
    assert not (tmp_path / "out.tif").exists()


def test_a_file_on_this_machine_has_a_sum_too(cache, tmp_path):
    path = dems.ground(tmp_path / "my dem.tif")
    url = path.as_uri()
    check(get(url, cache, tmp_path)[0])
    dems.ground(path, f=lambda lat, lon: hills(lat, lon) + 1)
    with pytest.raises(DamagedFile, match="has changed"):
        get(url, cache, tmp_path)


def test_a_piece_of_a_large_file_is_read_where_it_is(server, cache, tmp_path):
    big = dems.ground(server.folder / "big.tif", step=1 / 128, shape=(1280, 1280))
    out, tags = get(f"{server.url}/big.tif", cache, tmp_path, whole=False)
    check(out)
    assert server.sent < big.stat().st_size / 4
    assert int(tags["SOURCE_BYTES"]) == big.stat().st_size
    assert not list(cache.folder.rglob("big.tif"))
    dems.ground(big, step=1 / 128, shape=(1280, 1280), f=lambda lat, lon: hills(lat, lon) + 1)
    with pytest.raises(DamagedFile, match="has changed"):
        get(f"{server.url}/big.tif", cache, tmp_path, whole=False)


def test_a_server_without_ranges_gives_files_whole(server, cache, tmp_path):
    server.ranges = False
    dems.ground(server.folder / "a.tif")
    out, _ = get(f"{server.url}/a.tif", cache, tmp_path, whole=False)
    check(out)
    assert list(cache.folder.rglob("a.tif"))


# Products -------------------------------------------------------------------------------------------------------


@pytest.fixture
def tiles(server, monkeypatch):
    """A product of LOLA's kind on our server: tiles of 5 degrees with labels in lower case."""
    for south in (0, 5):
        for west in (20, 25):
            z = hills(*dems.posts(west, south + 5, 1 / 32, (160, 160))) / 0.5
            name = f"ldem_32_{south:02d}n_{south + 5:02d}n_{west:03d}_{west + 5:03d}"
            label = dems.lola(server.folder, name.upper(), np.round(z).astype("<i2"), 32, south + 5.0, float(west))
            label.rename(server.folder / f"{name}.lbl")
            (server.folder / f"{name.upper()}.IMG").rename(server.folder / f"{name}.img")
    product = known_module.Product(
        "test-32", "test", 948.0, "nobody", f"{server.url}/ldem_32_{{low}}_{{high}}_{{west:03d}}_{{east:03d}}.img",
        ".lbl", known_module.Tiles(5, 5, 0, 10),
    )  # fmt: skip
    monkeypatch.setattr(known_module, "products", lambda: {"test-32": product})


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(("lat", "lon", "count"), [(2.5, 22.5, 1), (5.0, 22.5, 2), (5.0, 25.0, 4)])
def test_tiles_of_a_product_are_joined(server, tiles, cache, tmp_path, whole, lat, lon, count):
    out, tags = get("test-32", cache, tmp_path, lat, lon, whole=whole)
    check(out, lat, lon)
    with rasterio.open(out) as file:
        assert (file.read(1) > -30_000).all()
    assert tags["CREDIT"] == "nobody"
    assert len([name for name in tags if name.startswith("SOURCE") and "_" not in name]) == count


def test_known_products_lead_to_their_tiles():
    def urls(name, lat, lon, size_m=20_000.0):
        return [a.data.rsplit("/", 1)[-1] for a in addresses(name, box(lat, lon, size_m))[1]]

    assert urls("sldem2015-512", -45.4, 177.6) == ["sldem2015_512_60s_30s_135_180_float.img"]
    assert urls("sldem2015-512", -11.24, 4.0) == ["sldem2015_512_30s_00s_000_045_float.img"]
    assert urls("sldem2015-512", 45.0, -10.0) == ["sldem2015_512_30n_60n_315_360_float.img"]
    assert urls("ldem-512", -45.4, 177.6) == ["ldem_512_90s_45s_090_180.img"]
    assert urls("ldem-1024", 7.0, 25.0) == ["ldem_1024_00n_15n_000_030.img"]
    assert urls("ldem-256", -45.4, 177.6) == ["ldem_256_90s_00s_000_180.img"]
    assert urls("gld100-256", -45.4, 177.6) == ["WAC_GLD100_E300S1350_256P.IMG"]
    assert urls("gld100-256", 20.0, 30.0) == ["WAC_GLD100_E300N0450_256P.IMG"]
    assert urls("kaguya-tc", -11.24, 4.0) == ["DTM_MAPs02_S09E003S12E006SC.img"]
    assert urls("kaguya-tc", 1.0, 358.0) == ["DTM_MAPs02_N03E357N00E360SC.img"]
    assert urls("kaguya-tc", -1.0, 4.0) == ["DTM_MAPs02_N00E003S03E006SC.img"]
    assert urls("nac-dtm:APOLLO17", 20.0, 30.0) == ["NAC_DTM_APOLLO17.TIF"]
    both = urls("sldem2015-512", -45.4, 180.0)
    assert both == ["sldem2015_512_60s_30s_135_180_float.img", "sldem2015_512_60s_30s_180_225_float.img"]
    round_the_seam = urls("ldem-512", 10.0, 0.0)
    assert set(round_the_seam) == {"ldem_512_00n_45n_270_360.img", "ldem_512_00n_45n_000_090.img"}
    assert len(urls("ldem-256", -89.9, 0.0)) == 2


def test_labels_lie_beside_the_data():
    (address,) = addresses("ldem-64", box(0.0, 0.0, 1e4))[1]
    assert address.label == address.data.removesuffix(".img") + ".lbl"


@pytest.mark.parametrize(
    ("asked", "lat", "words"),
    [
        ("moon", 0.0, "sldem2015-512"),
        ("sldem2015-512", -70.0, "-60 and 60"),
        ("chang-e-2", 0.0, "--terrain"),
        ("nac-dtm", 0.0, "nac-dtm:NAME"),
        ("nac-dtm:../x", 0.0, "nac-dtm:NAME"),
        ("ldem-64:X", 0.0, "ldem-64"),
    ],
)
def test_what_is_not_known_is_said(asked, lat, words):
    with pytest.raises(BadInput, match=words):
        addresses(asked, box(lat, 0.0, 1e4))


def test_every_product_has_its_credit_and_an_address_or_a_way():
    for product in products().values():
        assert product.credit
        assert product.post_m > 0
        assert (product.url or "").startswith("https://") or product.by_hand
