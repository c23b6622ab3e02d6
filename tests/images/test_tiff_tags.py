"""Which tags of a TIFF file its enhanced picture keeps, by name, by number or not at all."""

import struct

import numpy as np
import pytest
import tifffile

from sspbench.images.tiff import decode_tiff
from sspbench.images.tiff_tags import TiffTags, collect_tiff_tags

# How pixels lie, by TIFF 6.0 and its supplements: size, samples, strips, tiles, JPEG, palette, YCbCr.
STRUCTURE = [
    *range(254, 260), 262, 266, 273, *range(277, 282), 284, 317, 320, *range(322, 326), 330, *range(338, 342), 347,
    *range(512, 516), *range(517, 522), *range(529, 533),
]  # fmt: skip


def collect(*tags, byteorder="<"):
    return collect_tiff_tags(TiffTags(byteorder, tags))


def test_tags_of_the_old_pixels_are_left_out_and_no_others():
    own = {*STRUCTURE, 305, 282, 283, 296}
    found, dropped = collect(*((code, 3, 1, 7) for code in range(1, 700)))
    assert [tag[0] for tag in found["extratags"]] == [code for code in range(1, 700) if code not in own]
    assert found["extratags"][0] == (1, 3, 1, 7, True)
    assert dropped == ()


def test_what_is_kept_by_name_as_bytes_or_dropped():
    found, dropped = collect(
        (305, 2, 6, "Größe"), (305, 2, 1, "b"), (306, 2, 20, "2024:02:30 10:11:12"), (270, 2, 4, "nérf"),
        (270, 2, 30, '{"shape": [4, 5], "axes": "YX"}'), (270, 2, 30, 'x{"shape": [4, 5]}'), (271, 2, 2, b"ab"),
        (65000, 1, 2, b"\x01\x02"), (65001, 13, 1, 5), (65002, 2, 1, 7), (65003, 1, 3, {"a": 1}), (65004, 12, 1, 0.5),
        (65005, 0, 1, 3),
        byteorder=">",
    )  # fmt: skip
    kept = [
        (270, 2, 4, "nérf".encode()), (270, 2, 30, b'x{"shape": [4, 5]}'), (271, 2, 2, b"ab"),
        (65000, 1, 2, b"\x01\x02"), (65004, 12, 1, 0.5),
    ]  # fmt: skip
    assert found == {
        "byteorder": ">",
        "software": "Größe".encode(),
        "datetime": "2024:02:30 10:11:12",
        "extratags": [(*tag, True) for tag in kept],
    }
    numbers = (65001, 65002, 65003, 65005)
    assert dropped == tuple(f"tag {number} dropped: it cannot be written again" for number in numbers)


@pytest.mark.parametrize("date", ["2024-02-30 10:11:12", "2024:02:30 10:11:12x", "x2024:02:30 10:11:12"])
def test_a_date_of_another_form_is_kept_as_a_text(date):
    found, dropped = collect((306, 2, 20, date))
    assert (found, dropped) == ({"byteorder": "<", "extratags": [(306, 2, 20, date.encode(), True)]}, ())


@pytest.mark.parametrize(
    ("across", "down", "unit", "wanted"),
    [
        ((300, 1), (2, 7), 3, ((300, 1), (2, 7), 3)),
        ((300, 1), (2, 7), 1, ((300, 1), (2, 7), 1)),
        ((300, 1), (2, 7), None, ((300, 1), (2, 7), 2)),
        ((300, 1), (2, 7), 4, ((300, 1), (2, 7), 1)),
        ((300, 1), (2, 7), 0, ((300, 1), (2, 7), 1)),
        ((1, 1), (1, 1), 2, ((1, 1), (1, 1), 2)),
        ((300, 1), None, 2, None),
        ((300, 1), (0, 7), 2, None),
        ((300, 0), (2, 7), 2, None),
        ((300, 1, 1), (2, 7), 2, None),
        ((300, 1), (2.5, 7), 2, None),
        ([300, 1], (2, 7), 2, None),
    ],
)
def test_a_resolution_is_kept_where_it_has_two_numbers_above_0(across, down, unit, wanted):
    tags = [(code, 5, 1, value) for code, value in ((282, across), (283, down), (296, unit)) if value is not None]
    found, dropped = collect(*tags)
    names = {} if wanted is None else {"resolution": wanted[:2], "resolutionunit": wanted[2]}
    assert (found, dropped) == ({"byteorder": "<", "extratags": [], **names}, ())


def test_the_photographs_own_list_of_tags_is_dropped(tmp_path):
    """Tag 34665 of type 4 says where the Exif tags begin, which is another place in another file."""
    path, more = tmp_path / "a.tif", [(34664, 4, 1, 0, True), (65000, 1, 3, (1, 2, 3), True)]
    tifffile.imwrite(path, np.zeros((4, 5), np.uint8), extratags=more, byteorder="<", metadata=None)
    content = path.read_bytes()
    blank, entry = struct.pack("<HHII", 34664, 4, 1, 0), struct.pack("<HHII", 34665, 4, 1, len(content))
    assert blank in content
    content = content.replace(blank, entry)
    path.write_bytes(content + struct.pack("<HHHIII", 1, 37383, 3, 1, 5, 0))  # one tag: metering mode 5
    found, dropped = collect_tiff_tags(decode_tiff(path).metadata)
    assert found["extratags"] == [(65000, 1, 3, b"\x01\x02\x03", True)]
    assert dropped == ("tag 34665 dropped: it cannot be written again",)
