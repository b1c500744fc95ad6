"""farside process: refusals before any work, damage skipped, nothing of others touched."""

import pytest

from farside.cli import main
from farside.errors import BadInput
from farside.run import process


@pytest.fixture
def product(tmp_path):
    label = tmp_path / "CE4_GRAS_TCAM-I-143_SCI_N_20190111195709_20190111195709_0009_A.2CL"
    label.write_text("<Product_Observational>cut")
    return label


@pytest.mark.parametrize(
    ("paths", "says"),
    [(["nowhere.2C"], "nowhere.2C"), (["empty"], "labelled products"), ([], "at least one")],
)
def test_what_cannot_be_processed_is_named_before_any_work(tmp_path, monkeypatch, paths, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match=says):
        process(paths, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_with_other_things_in_it_is_not_touched(tmp_path, product):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("precious")
    with pytest.raises(BadInput, match="new or empty"):
        process([product], tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.tex").read_text() == "precious"


def test_a_damaged_file_is_skipped_with_its_name(tmp_path, product):
    done = process([product], tmp_path / "out")
    assert done.products == {}
    assert len(done.skipped) == 1 and product.name in done.skipped[0]
    assert process([product], tmp_path / "out").skipped == done.skipped  # and may be done again


def test_the_shell_says_it_in_one_line_and_fails(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["farside", "process", str(tmp_path / "no.2C"), "--out", str(tmp_path / "out")])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_folder_of_the_downloads_is_none_for_products(product):
    with pytest.raises(BadInput, match=r"--out: .*new or empty"):
        process([product.parent], product.parent)
