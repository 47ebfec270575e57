"""Tables that are not comma-separated values of ours are named; numbers are decimal digits with a point."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from multistatic.errors import InputError, ScenarioError
from multistatic.files.measurements import parse_measurements
from multistatic.files.scenario_file import read_text_file
from multistatic.scenario.sites import read_site_list
from multistatic.scenario.tables import number_hint, written_number

SITES = "id,x_m,y_m\nalpha,48.5,11.5\nbeta,48.25,11.75\n"
ROWS = "receiver_id,delay_s,delay_std_s,doppler_hz,doppler_std_hz\na,1.5e-6,1e-9,-12.5,0.5\n"


def decimal_commas(text: str) -> str:
    return text.replace(",", ";").replace(".", ",")


FORMS = {
    "semicolons and decimal commas": (
        decimal_commas,
        "semicolons between the columns and commas in the numbers, expected commas between the columns and points",
    ),
    "semicolons": (lambda text: text.replace(",", ";"), "semicolons between the columns, expected commas"),
    "tabs": (lambda text: text.replace(",", "\t"), "tabs between the columns, expected commas"),
    "bars": (lambda text: text.replace(",", "|"), "vertical bars between the columns, expected commas"),
    "blanks": (lambda text: text.replace(",", " "), "spaces do not separate columns"),
    "sep=": (lambda text: "sep=,\n" + text, "'sep=,', a line for spreadsheet programs"),
    "comment": (lambda text: "# of the site survey\n" + text, "line 1: received a comment, '# of the site survey'"),
    "comment below": (lambda text: text + "# end\n", "comments are not allowed: delete the line"),
    "empty line": (lambda text: "\n" + text, "line 1: received an empty line"),
    "UTF-16 read as bytes": (lambda text: "\0".join(text), "NUL characters, as in text in UTF-16"),
    "JSON": (lambda text: '{"type": "FeatureCollection"}', "which looks like JSON"),
}


@pytest.mark.parametrize("form", FORMS)
def test_another_form_of_a_table_is_named_in_one_sentence(form):
    written, words = FORMS[form]
    for text, read in ((SITES, lambda text: read_site_list("s.csv", text)), (ROWS, parse_measurements)):
        with pytest.raises(InputError) as caught:
            read(written(text))
        assert words in str(caught.value)
        assert len(caught.value.problems) == 1


def test_a_mark_of_byte_order_is_no_text():
    assert [row.table["id"] for row in read_site_list("s.csv", "\ufeff" + SITES)] == ["alpha", "beta"]
    assert parse_measurements("\ufeff" + ROWS)[0].receiver_id == "a"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
def test_wide_encodings_are_named(tmp_path, encoding):
    path = tmp_path / "sites.csv"
    path.write_bytes(SITES.encode(encoding))
    with pytest.raises(InputError, match=r"received text in UTF-.*expected UTF-8 text"):
        read_text_file(path)


NO_NUMBERS = [
    ("5_48.5", "underscores are not allowed in numbers"),
    ("1_000", "underscores are not allowed in numbers"),
    ("٤٨", "write the digits 0 to 9"),
    ("४८.५", "write the digits 0 to 9"),
    ("0x1F", "write decimal digits"),
    ("48,1381", "the decimal sign is a point"),
    ("1,234.5", "without separators of thousands"),
    ("1 234", "without separators of thousands"),
    ("1'234.5", "without separators of thousands"),
    ("nan", "leave the cell empty"),
    ("inf", "leave the cell empty"),
    ("-Infinity", "leave the cell empty"),
    ("12.5 m", "its unit is in the name of the column"),
    ("12.5m", "its unit is in the name of the column"),
    ("48.1°", "its unit is in the name of the column"),
    ("\u22125", "write a hyphen as the minus sign"),
    ("1e5e", ""),
    ("--5", ""),
    (".", ""),
    ("1e", ""),
    ("five", ""),
]


@pytest.mark.parametrize(("cell", "hint"), NO_NUMBERS)
def test_what_is_no_number_is_refused_as_it_was_written(cell, hint):
    assert written_number(cell) is None
    assert hint in number_hint(cell)
    with pytest.raises(ScenarioError) as caught:
        read_site_list("s.csv", f'id,x_m,y_m\na,"{cell}",2\n')
    assert "s.csv line 2.x_m: received" in str(caught.value)
    assert cell in str(caught.value)
    with pytest.raises(InputError) as refused:
        parse_measurements(f'receiver_id,delay_s,delay_std_s,doppler_hz,doppler_std_hz\na,1e-6,1e-9,"{cell}",1\n')
    assert f"line 2, doppler_hz: received {cell!r}, expected a finite number" in str(refused.value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_number_is_read_to_the_bit(value):
    assert written_number(repr(value)) == value
    assert written_number(f"+{abs(value)!r}") == abs(value)


@given(st.integers(-(10**17), 10**17))
def test_whole_numbers_stay_whole(value):
    assert written_number(str(value)) == value
    assert type(written_number(str(value))) is int


def test_blanks_around_a_cell_do_not_count():
    assert read_site_list("s.csv", "id, x_m ,y_m\n a , 1e5 , 2\n")[0].table == {"id": "a", "position_m": [1e5, 2]}


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("delay_s", "4494.5", "check the unit of the delay"),
        ("delay_s", "1348.7", "not a range in m"),
        ("doppler_hz", "-1.3e13", "check the unit of the Doppler shift"),
    ],
)
def test_a_measurement_that_its_column_cannot_hold_has_a_hint_at_the_unit(column, cell, words):
    cells = dict(zip(*(line.split(",") for line in ROWS.splitlines()), strict=True)) | {column: cell}
    with pytest.raises(InputError) as caught:
        parse_measurements(",".join(cells) + "\n" + ",".join(cells.values()) + "\n")
    assert words in str(caught.value)
    assert f"received '{cell}'" in str(caught.value)


@pytest.mark.parametrize("cell", ["2026-11-30T12:00:00Z", "2026-11-30 12:00:00.123", "12:00:00", "30.11.2026 12:00"])
def test_a_date_gets_the_hint_to_write_seconds(cell):
    assert number_hint(cell) == "a date or a time of day: write seconds, such as Unix time"


@pytest.mark.parametrize("text", ["<kml></kml>", '<?xml version="1.0"?><gpx/>', "<html>404</html>"])
def test_xml_gets_the_hint_to_export_it(text):
    with pytest.raises(ScenarioError) as caught:
        read_site_list("sites.csv", text)
    assert "which looks like XML" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04\x14\xc8", "a spreadsheet"),
        (b"\x1f\x8b\x08\x00", "a compressed file"),
        (b"\x00\x00\x27\x0a" + b"\0" * 96, "a shapefile"),
    ],
)
def test_files_of_other_programs_are_named(tmp_path, content, words):
    file = tmp_path / "sites.csv"
    file.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_text_file(file)
    assert words in str(caught.value)


def test_objects_on_lines_get_the_hint_to_make_one_collection():
    with pytest.raises(ScenarioError) as caught:
        read_site_list("sites.geojson", "{}\n{}\n")
    assert "FeatureCollection" in str(caught.value)


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("snr_db", "1e9", "a level in dB, not a power ratio"),
        ("time_s", "1e300", "from -1e+20 to 1e+20"),
        ("amplitude_re,amplitude_im", "1e200,1e200", "from -1e+30 to 1e+30"),
        ("direction_x,direction_y,direction_z", "1e200,0,0", "from -1e+30 to 1e+30"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_a_measurement_that_overflows_is_a_problem_of_its_cell(column, value, words):
    header, row = ROWS.strip().split("\n")
    with pytest.raises(InputError) as caught:
        parse_measurements(f"{header},{column}\n{row},{value}\n")
    assert words in str(caught.value)
