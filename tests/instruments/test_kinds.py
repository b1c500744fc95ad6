"""Every instrument is found by registration and says the same things of itself."""

import pytest

from farside.errors import BadInput, DamagedFile
from farside.instruments import kind, kind_of_id, names, product_id, unpack
from farside.products import DESKS


@pytest.mark.parametrize("name", names())
def test_an_instrument_answers_to_its_name_and_its_archive_id(name):
    assert kind(name).name == name
    assert kind_of_id(kind(name).id) is kind(name)
    assert kind_of_id(kind(name).id.lower()) is kind(name)


@pytest.mark.parametrize("name", names())
def test_every_instrument_has_exactly_one_desk(name):
    assert sum(name in desk.instruments for desk in DESKS) == 1


def test_desks_say_what_their_instrument_is():
    assert len({desk.name for desk in DESKS}) == len({desk.title for desk in DESKS}) == len(DESKS)
    for desk in DESKS:
        assert desk.what.endswith(".") and len(desk.what.split()) > 10


def test_unknown_instruments_are_named():
    for ask in (kind, kind_of_id, lambda name: product_id({"instrument": name})):
        with pytest.raises(BadInput, match="gravimeter"):
            ask("gravimeter")


@pytest.mark.parametrize("record", [b"", b"\xa0", b"\x01", b"\xa1fheader\xa1jinstrumentjgravimeter", b"\xff" * 20])
def test_what_is_no_record_of_ours_is_damage(record):
    with pytest.raises(DamagedFile):
        unpack(record)
