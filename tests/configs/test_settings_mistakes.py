"""Every mistake a person can make in the settings, and the exact sentence it is answered with."""

# ruff: noqa: E501 - each answer stands on one line, as people read it

from __future__ import annotations

import pytest

MATTER = "  - key: garbage\n    names: {zh: 暴露垃圾, en: Garbage}\n    labels: [garbage]\n"
MATTERS = f"matters:\n{MATTER}"

SETTINGS = [
    ("unknown key", "pattrol: {}\n", ["gridpatrol.yaml:1: pattrol: unknown key 'pattrol'; write patrol"]),
    (
        "unknown key unlike any other",
        "city:\n  colour: red\n",
        ["gridpatrol.yaml:2: city.colour: unknown key 'colour'; the keys here are name, timezone, notice"],
    ),
    (
        "text for a whole number",
        "http:\n  port: eight\n",
        ["gridpatrol.yaml:2: http.port: must be a whole number, not 'eight'; write one such as 8000"],
    ),
    (
        "a fraction for a whole number",
        "patrol: {workers: 1.5}\n",
        ["gridpatrol.yaml:1: patrol.workers: must be a whole number, not 1.5; write one such as 32"],
    ),
    (
        "text for a number",
        "patrol: {interval_s: 5 min}\n",
        ["gridpatrol.yaml:1: patrol.interval_s: must be a number, not '5 min'; write one such as 300"],
    ),
    (
        "no number",
        "patrol: {interval_s: .nan}\n",
        ["gridpatrol.yaml:1: patrol.interval_s: must be a finite number, not nan; write one such as 300"],
    ),
    (
        "neither true nor false",
        "demo: perhaps\n",
        ["gridpatrol.yaml:1: demo: must be true or false, not 'perhaps'; write true or false"],
    ),
    (
        "a number for text",
        "city: {name: 42}\n",
        ["gridpatrol.yaml:1: city.name: must be text, not 42; put it in quotes"],
    ),
    (
        "a list for text",
        "city: {name: [a]}\n",
        ["gridpatrol.yaml:1: city.name: must be text, not a list; write text"],
    ),
    (
        "an empty section",
        "patrol:\n",
        ["gridpatrol.yaml:1: patrol: must be a mapping, not empty; write key: value lines beneath it"],
    ),
    (
        "text for a list",
        "feeds: feeds.yaml\n",
        ["gridpatrol.yaml:1: feeds: must be a list, not 'feeds.yaml'; write [item, item] or one '- item' line each"],
    ),
    (
        "too small",
        "http: {port: 0}\n",
        ["gridpatrol.yaml:1: http.port: must be at least 1, not 0; write 1 or more"],
    ),
    (
        "too large",
        "http: {port: 70000}\n",
        ["gridpatrol.yaml:1: http.port: must be at most 65535, not 70000; write 65535 or less"],
    ),
    (
        "no suspect is that large",
        "patrol: {closer_look: {below: 1.5, per_visit: 0}}\n",
        [
            "gridpatrol.yaml:1: patrol.closer_look.below: must be at most 1, not 1.5; write 1 or less",
            "gridpatrol.yaml:1: patrol.closer_look.per_visit: must be at least 1, not 0; write 1 or more",
        ],
    ),
    (
        "not above nothing",
        "patrol: {max_age_s: 0}\n",
        ["gridpatrol.yaml:1: patrol.max_age_s: must be more than 0, not 0; write more than 0"],
    ),
    (
        "a choice that is none",
        "model: {backend: openvin}\n",
        [
            (
                "gridpatrol.yaml:1: model.backend: must be one of openvino, ultralytics, scripted, not 'openvin'; "
                "write openvino"
            )
        ],
    ),
    (
        "another version",
        "version: 2\n",
        ["gridpatrol.yaml:1: version: must be one of 1, not 2; write one of them"],
    ),
    (
        "time zone",
        "city:\n  timezone: Chongqing\n",
        ["gridpatrol.yaml:2: city.timezone: 'Chongqing' is no time zone; write one such as Asia/Shanghai"],
    ),
    (
        "datum not stated",
        "grid:\n  file: matters.yaml\n",
        [
            (
                "gridpatrol.yaml:1: grid.datum: the datum is not stated; "
                "add datum: wgs84, gcj02, bd09, cgcs2000 or epsg:NNNN"
            )
        ],
    ),
    (
        "datum unknown",
        "grid: {file: matters.yaml, datum: gps}\n",
        [
            (
                "gridpatrol.yaml:1: grid.datum: 'gps' is not a datum; "
                "use wgs84, gcj02, bd09, cgcs2000 or epsg:NNNN (Gauss-Kruger)"
            )
        ],
    ),
    (
        "missing grid file",
        "grid: {file: grid.geojson, datum: wgs84}\n",
        ["gridpatrol.yaml:1: grid.file: there is no file 'grid.geojson'; mend the path, which starts at DIR"],
    ),
    (
        "missing manifest",
        "model: {manifest: m.yaml}\n",
        ["gridpatrol.yaml:1: model.manifest: there is no file 'm.yaml'; mend the path, which starts at DIR"],
    ),
    (
        "missing feeds file",
        "feeds:\n  - feeds.yaml\n  - vehicles.yaml\n",
        [
            (
                "gridpatrol.yaml:3: feeds[1]: there is no file 'vehicles.yaml'; "
                "create it, or mend the path, which starts at DIR"
            )
        ],
    ),
    (
        "missing catalogue",
        "matters: ours.yaml\n",
        [
            "gridpatrol.yaml:1: matters: there is no file 'ours.yaml'; create it, or mend the path, which starts at DIR"
        ],
    ),
    (
        "longest wait shorter than the first",
        "patrol:\n  backoff_first_s: 60\n  backoff_limit_s: 30\n",
        [
            (
                "gridpatrol.yaml:3: patrol.backoff_limit_s: the longest wait of 30 s is shorter than backoff_first_s, 60 s; "
                "write 60 or more"
            )
        ],
    ),
    (
        "deadline before the time allowed is over",
        "patrol:\n  read_timeout_s: 20\n",
        [
            (
                "gridpatrol.yaml:1: patrol.deadline_s: a visit is given up after 20 s, before open_timeout_s and "
                "read_timeout_s are over; write 25 or more"
            )
        ],
    ),
    (
        "a database that is not kept",
        "database: mysql://cases:hunter2@db/cases\n",
        [
            "gridpatrol.yaml:1: database: this database cannot be used; write sqlite:///path/to/file.db or postgresql://user:password@host/name"
        ],
    ),
    (
        "a ledger that several processes cannot share",
        "ledger: sqlite:////var/ledger.db\n",
        [
            "gridpatrol.yaml:1: ledger: this database cannot be used; write postgresql://user:password@host/name, or nothing for SQLite in data_dir"
        ],
    ),
    (
        "evidence where it cannot be kept",
        "evidence:\n  store: s3:/evidence\n",
        [
            "gridpatrol.yaml:2: evidence.store: evidence cannot be kept there; write file:///folder, s3://bucket or s3://bucket/prefix, or nothing for the data folder"
        ],
    ),
    (
        "a key in the evidence's URL",
        "evidence: {store: 's3://key:hunter2@bucket'}\n",
        [
            "gridpatrol.yaml:1: evidence.store: evidence cannot be kept there; write file:///folder, s3://bucket or s3://bucket/prefix, or nothing for the data folder"
        ],
    ),
    (
        "a bus of another kind",
        "bus: amqp://u:hunter2@mq/\nledger: postgresql://db/x\npatrol: {processes: 2}\n",
        [
            "gridpatrol.yaml:1: bus: this bus cannot be used; write redis://user:password@host/number, or nothing where one process patrols"
        ],
    ),
    (
        "several processes without a bus",
        "patrol: {processes: 2}\n",
        [
            "gridpatrol.yaml:1: patrol.processes: several processes need a bus between them; name a bus (redis://…), or write 1"
        ],
    ),
    (
        "a bus on another machine, and a ledger on this one",
        "bus: redis://:hunter2@10.0.0.9/0\n",
        [
            (
                "gridpatrol.yaml:1: bus: with a bus on another machine the patrol's ledger cannot be a file in data_dir: "
                "who leads changes; name a ledger in PostgreSQL, which all processes reach"
            )
        ],
    ),
    (
        "environment variable not set",
        "city: {name: x}\ndatabase: postgresql://${DB_USER}:${DB_PASSWORD}@db/cases\n",
        [
            (
                "gridpatrol.yaml:2: database: environment variable DB_USER is not set; set DB_USER, or write the database "
                "here"
            ),
            (
                "gridpatrol.yaml:2: database: environment variable DB_PASSWORD is not set; set DB_PASSWORD, or write the "
                "database here"
            ),
        ],
    ),
    (
        "environment where it is not read",
        "data_dir: ${HOME}/var\n",
        [
            (
                "gridpatrol.yaml:1: data_dir: ${NAME} is not read here; write the value; "
                "${NAME} is for access_key, bus, database, endpoint, ledger, main_url, password, secret_key, store, url, user"
            )
        ],
    ),
    (
        "a reference without a name",
        "database: ${}\n",
        [
            (
                "gridpatrol.yaml:1: database: ${ starts no reference; "
                "write ${NAME} with letters, digits and _; put a value with ${ in one"
            )
        ],
    ),
]


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in SETTINGS], ids=[case[0] for case in SETTINGS])
def test_a_mistake_in_the_settings_is_told_exactly(mistakes_in, text, expected):
    """The settings' mistakes name file, line, key, fault and way out."""
    assert expected == mistakes_in({"gridpatrol.yaml": text, "matters.yaml": MATTERS})
