"""Every mistake a person can make in feeds and their zones, and the exact sentence it is answered with."""

# ruff: noqa: E501 - each answer stands on one line, as people read it

from __future__ import annotations

import pytest

FEED = "feeds:\n  - id: cam-01\n    url: rtsp://10.0.0.1/1\n"

FEEDS = [
    (
        "id missing",
        "feeds:\n  - url: rtsp://h/1\n",
        ["2: feeds[0].id: the id is missing; add id: a unique name such as cam-001"],
    ),
    (
        "url missing",
        "feeds:\n  - id: a\n",
        ["2: feeds[0].url: the url is missing; add url: rtsp://…, http://…, a video file or an image folder"],
    ),
    ("url empty", "feeds:\n  - id: a\n    url: ''\n", ["3: feeds[0].url: must not be empty; write the url"]),
    (
        "id with a space",
        "feeds:\n  - id: cam 1\n    url: rtsp://h/1\n",
        [
            (
                "2: feeds[0].id: 'cam 1' cannot be the id; "
                "write 1 to 64 letters, digits, _ . or -, a letter or digit first"
            )
        ],
    ),
    (
        "id that is a number",
        "feeds:\n  - id: 101\n    url: rtsp://h/1\n",
        ["2: feeds[0].id: must be text, not 101; put it in quotes"],
    ),
    (
        "duplicate feed id",
        f"{FEED}  - id: cam-02\n    url: rtsp://h/2\n  - id: cam-01\n    url: rtsp://h/3\n",
        ["6: feeds[2].id: feed id 'cam-01' is used twice, first in feeds.yaml line 2; give each feed its own id"],
    ),
    (
        "feed that is no mapping",
        "feeds:\n  - password:hunter2\n",
        ["2: feeds[0]: must be a mapping, not this text; write key: value lines beneath it"],
    ),
    (
        "no list of feeds",
        "cameras: []\n",
        [
            "1: feeds: the list of feeds is missing; add feeds: with one '- id: …' item each, or feeds: [] for none",
            "1: cameras: unknown key 'cameras'; the keys here are feeds",
        ],
    ),
    (
        "missing video",
        "feeds:\n  - id: a\n    url: clips/a.mp4\n",
        ["3: feeds[0].url: there is no such video file or image folder; mend the path, which starts at DIR"],
    ),
    (
        "a url without its scheme",
        "feeds:\n  - id: a\n    url: 127.0.0.1:554/cam1\n",
        [
            (
                "3: feeds[0].url: there is no such video file or image folder; "
                "mend the path, which starts at DIR, or write rtsp:// or http:// before it"
            )
        ],
    ),
    (
        "a password that became a comment",
        f"{FEED}    user: admin\n    password: #abc\n",
        [
            '5: feeds[0].password: the password is empty; put a password with # in quotes, or write "" where the camera has none'
        ],
    ),
    (
        "a user without a password",
        f"{FEED}    user: admin\n",
        [
            '2: feeds[0].password: the password is empty; put a password with # in quotes, or write "" where the camera has none'
        ],
    ),
    (
        "a full-width colon in braces",
        f"{FEED}    place: {{lon: 106.5, lat: 29.5, datum：wgs84}}\n",
        [
            "4: feeds[0].place.datum: the datum is not stated; add datum: wgs84, gcj02, bd09, cgcs2000 or epsg:NNNN",
            "4: feeds[0].place.…: a full-width ： stands here; type : with a space after it",
        ],
    ),
    (
        "scheme nobody opens",
        "feeds:\n  - id: a\n    url: ftp://h/a.mp4\n",
        [
            (
                "3: feeds[0].url: this kind of url cannot be opened; start it with rtsp://, rtsps://, http://, https://, "
                "wvp://, wvps://, "
                "give a path without a scheme, or say which protocol it is"
            )
        ],
    ),
    (
        "main stream of a scheme nobody opens, at a feed that says its protocol",
        f"{FEED}    protocol: rtsp\n    main_url: rtmp://h/0\n",
        [
            (
                "5: feeds[0].main_url: this kind of url cannot be opened; start it with rtsp://, rtsps://, http://, https://, "
                "wvp://, wvps://, or give a path without a scheme"
            )
        ],
    ),
    (
        "vehicle without a track",
        f"{FEED}    kind: vehicle\n",
        ["2: feeds[0]: a vehicle needs a track; add track: {file, datum}"],
    ),
    (
        "track of a camera",
        f"{FEED}    track: {{file: feeds.yaml, datum: wgs84}}\n",
        ["2: feeds[0]: only a vehicle has a track; set kind: vehicle or remove the track"],
    ),
    (
        "missing track",
        f"{FEED}    kind: vehicle\n    track:\n      file: car.gpx\n      datum: wgs84\n",
        ["6: feeds[0].track.file: there is no file 'car.gpx'; mend the path, which starts at DIR"],
    ),
    (
        "datum of a place not stated",
        f"{FEED}    place: {{lon: 106.5, lat: 29.5}}\n",
        ["4: feeds[0].place.datum: the datum is not stated; add datum: wgs84, gcj02, bd09, cgcs2000 or epsg:NNNN"],
    ),
    (
        "swapped place",
        f"{FEED}    place: {{lon: 29.5, lat: 106.5, datum: wgs84}}\n",
        ["4: feeds[0].place: 106.5 is no latitude; longitude comes first: the two look swapped"],
    ),
    (
        "metres as degrees",
        f"{FEED}    place: {{lon: 361412, lat: 3272193, datum: wgs84}}\n",
        ["4: feeds[0].place: 361412, 3272193 are not degrees, as wgs84 is; state the epsg: datum they are in"],
    ),
    (
        "degrees as metres",
        f"{FEED}    place: {{lon: 106.5, lat: 29.5, datum: epsg:4545}}\n",
        ["4: feeds[0].place: 106.5, 29.5 are degrees, but epsg:4545 is in metres; state the datum they are in"],
    ),
    (
        "too few calibration points",
        f"{FEED}    calibration:\n      datum: wgs84\n      points:\n        - {{picture: [0, 1], ground: [106, 29]}}\n",
        ["6: feeds[0].calibration.points: at least 4 items are needed, here are 1; write 4 or more"],
    ),
    (
        "calibration point outside the picture",
        f"{FEED}    calibration:\n      datum: wgs84\n      points:\n"
        + "".join(f"        - {{picture: [{x}, 1], ground: [106, 29]}}\n" for x in (0, 0.5, 640, 1)),
        [
            "9: feeds[0].calibration.points[2].picture: point [640.0, 1.0] is outside the view; x and y run from 0 to 1: divide by the picture's width and height"
        ],
    ),
    (
        "environment variables of a feed",
        f"{FEED}    user: admin\n    password: ${{CAM_PASSWORD}}\n",
        [
            "5: feeds[0].password: environment variable CAM_PASSWORD is not set; set CAM_PASSWORD, or write the password here"
        ],
    ),
    (
        "a transport that is none",
        f"{FEED}    transport: utp\n",
        ["4: feeds[0].transport: must be one of tcp, udp, not 'utp'; write udp"],
    ),
]

ZONES = [
    (
        "2 points",
        "polygon: [[0, 0], [1, 1]]",
        ["6: feeds[0].zones[0].polygon: a polygon needs at least 3 points, this one has 2; add the missing corners"],
    ),
    (
        "crossing itself",
        "polygon: [[0, 0], [1, 1], [1, 0], [0, 1]]",
        [
            (
                "6: feeds[0].zones[0].polygon: the polygon crosses itself (Self-intersection[0.5 0.5]); "
                "list its corners in order around it"
            )
        ],
    ),
    (
        "no area",
        "polygon: [[0, 0], [0.5, 0.5], [1, 1]]",
        ["6: feeds[0].zones[0].polygon: the polygon has no area: its points lie on one line; mend them"],
    ),
    (
        "outside the view",
        "polygon: [[0, 0], [640, 0], [640, 480]]",
        [
            "6: feeds[0].zones[0].polygon: point [640.0, 0.0] is outside the view; x and y run from 0 to 1: divide by the picture's width and height"
        ],
    ),
    (
        "a full-width comma in a point",
        "polygon: [[0.0，0.5], [1, 0], [1, 1]]",
        ["6: feeds[0].zones[0].polygon[0][0]: a full-width ， stands here; type ,"],
    ),
    (
        "a full-width comma between matters",
        "polygon: [[0, 0], [1, 0], [1, 1]]\n        matters: [illegal_ad，street_vending]",
        ["7: feeds[0].zones[0].matters[0]: a full-width ， stands here; type ,"],
    ),
    (
        "below the view",
        "polygon: [[0, -0.1], [1, 0], [1, 1]]",
        ["6: feeds[0].zones[0].polygon: point [0.0, -0.1] is outside the view; x and y run from 0 to 1"],
    ),
    (
        "a point of one number",
        "polygon: [[0, 0], [1], [1, 1]]",
        ["6: feeds[0].zones[0].polygon[1]: a point is two numbers; write [x, y]"],
    ),
    (
        "a point of three numbers",
        "polygon: [[0, 0], [1, 0, 0], [1, 1]]",
        ["6: feeds[0].zones[0].polygon[1]: a point is two numbers; write [x, y]"],
    ),
    (
        "no polygon",
        "kind: include",
        ["5: feeds[0].zones[0].polygon: the polygon is missing; add polygon: [[x, y], [x, y], [x, y]]"],
    ),
    (
        "unknown matter",
        "polygon: [[0, 0], [1, 0], [1, 1]]\n        matters: [illegal_ad, exposed_garbge]",
        ["7: feeds[0].zones[0].matters[1]: unknown matter 'exposed_garbge'; write exposed_garbage"],
    ),
    (
        "a matter like no other",
        "polygon: [[0, 0], [1, 0], [1, 1]]\n        matters: [zzz]",
        [
            (
                "7: feeds[0].zones[0].matters[0]: unknown matter 'zzz'; "
                "the matters are exposed_garbage, overflowing_bin, illegal_ad, street_vending"
            )
        ],
    ),
    (
        "bad time window",
        "polygon: [[0, 0], [1, 0], [1, 1]]\n        windows: [7-22]",
        ["7: feeds[0].zones[0].windows[0]: '7-22' is not a time window; write \"07:00-22:00\" in quotes"],
    ),
    (
        "window without length",
        "polygon: [[0, 0], [1, 0], [1, 1]]\n        windows: [07:00-07:00]",
        [
            "7: feeds[0].zones[0].windows[0]: '07:00-07:00' is a window without length; write \"00:00-24:00\" or leave windows out for always"
        ],
    ),
    (
        "window that starts at the end of the day",
        "polygon: [[0, 0], [1, 0], [1, 1]]\n        windows: [24:00-06:00]",
        ["7: feeds[0].zones[0].windows[0]: '24:00-06:00' is not a time window; write \"07:00-22:00\" in quotes"],
    ),
    (
        "duplicate zone name",
        "polygon: [[0, 0], [1, 0], [1, 1]]\n      - name: pavement\n        polygon: [[0, 0], [1, 0], [1, 1]]",
        [
            (
                "7: feeds[0].zones[1].name: zone name 'pavement' is used twice, first in feeds.yaml line 5; "
                "give each zone of a feed its own name"
            )
        ],
    ),
]


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in FEEDS], ids=[case[0] for case in FEEDS])
def test_a_mistake_in_a_feed_is_told_exactly(mistakes_in, text, expected):
    """A feed's mistakes name file, line, key, fault and way out."""
    assert [f"feeds.yaml:{line}" for line in expected] == mistakes_in({"feeds.yaml": text})


@pytest.mark.parametrize(("lines", "expected"), [case[1:] for case in ZONES], ids=[case[0] for case in ZONES])
def test_a_mistake_in_a_zone_is_told_exactly(mistakes_in, lines, expected):
    """A zone's mistakes name file, line, key, fault and way out."""
    text = f"{FEED}    zones:\n      - name: pavement\n        {lines}\n"

    assert [f"feeds.yaml:{line}" for line in expected] == mistakes_in({"feeds.yaml": text})


def test_a_deadline_must_cover_both_streams_of_a_feed(mistakes_in):
    """A feed whose sub-stream brings nothing is looked at again on its main stream, within the same visit."""
    files = {"gridpatrol.yaml": "patrol:\n  deadline_s: 15\n"}

    assert mistakes_in(files) == []
    assert mistakes_in({**files, "feeds.yaml": f"{FEED}    main_url: rtsp://10.0.0.1/0\n"}) == [
        (
            "gridpatrol.yaml:2: patrol.deadline_s: a visit is given up after 15 s, before open_timeout_s and "
            "read_timeout_s are over for url and then main_url; write 20 or more"
        )
    ]
    assert mistakes_in({"feeds.yaml": f"{FEED}    main_url: rtsp://10.0.0.1/0\n"}) == []
