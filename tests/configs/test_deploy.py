"""The deployment files speak of commands, settings, variables and files that are there."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from typer.core import TyperGroup
from typer.main import get_command

from api.check import check
from api.cli import app
from configs.loading import load_settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "configs/deploy"
PROGRAM = "/opt/gridpatrol/.venv/bin/gridpatrol"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))


def environment() -> dict[str, str]:
    lines = (DEPLOY / "example.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def resources(kind: str) -> list[dict]:
    every = [one for path in MANIFESTS for one in yaml.safe_load_all(path.read_text())]
    return [one for one in every if one["kind"] == kind]


def compose() -> dict:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]


def pods() -> list[dict]:
    return [one["spec"]["template"]["spec"] for kind in ("Deployment", "StatefulSet") for one in resources(kind)]


def commands() -> list[list[str]]:
    """Every command line of gridpatrol in the deployment files, without the program's name."""
    read_me = (DEPLOY / "README.md").read_text()
    units = [line for path in UNITS for line in path.read_text().splitlines() if line.startswith("ExecStart=")]
    return [
        *(shlex.split(line.removeprefix(f"ExecStart={PROGRAM}")) for line in units),
        *(service["command"] for service in compose().values() if service.get("image") == "gridpatrol"),
        *(box["args"] for pod in pods() for box in pod["containers"] if box["image"] == "gridpatrol"),
        *(shlex.split(line) for line in re.findall(r"gridpatrol (accounts [^#\n]*)", read_me)),
    ]


@pytest.mark.parametrize("arguments", commands(), ids=" ".join)
def test_each_command_is_one_of_the_program_s(arguments):
    command = get_command(app)
    while isinstance(command, TyperGroup):
        command, arguments = command.get_command(None, arguments[0]), arguments[1:]

    context = command.make_context("gridpatrol", list(arguments), resilient_parsing=False)
    assert str(context.params["config"]) == "/etc/gridpatrol"


def test_the_settings_have_no_mistake():
    report = check(DEPLOY, environ=environment())

    assert report.mistakes == ()
    assert load_settings(DEPLOY, environ=environment()).http.address == environment()["GRIDPATROL_API"]


def test_the_settings_of_kubernetes_are_the_same_but_for_the_cookie(tmp_path):
    (config,) = resources("ConfigMap")
    for name, text in config["data"].items():
        (tmp_path / name).write_text(text)
    ours, theirs = (load_settings(folder, environ=environment()) for folder in (DEPLOY, tmp_path))

    assert theirs.http.secure_cookie
    assert theirs.model_copy(update={"http": ours.http}) == ours


def test_what_the_settings_take_from_the_environment_is_given_everywhere():
    asked = set(re.findall(r"\$\{(\w+)\}", (DEPLOY / "gridpatrol.yaml").read_text()))
    secrets = {one["metadata"]["name"]: set(one["stringData"]) for one in resources("Secret")}

    assert asked <= set(environment())
    assert asked == secrets["gridpatrol"]
    assert set(re.findall(r"\$\{(\w+)", (DEPLOY / "compose.yaml").read_text())) <= set(environment())


def test_the_example_s_passwords_fit_together():
    given = environment()

    assert f":{given['POSTGRES_PASSWORD']}@postgres:" in given["GRIDPATROL_DATABASE"]
    assert f":{given['REDIS_PASSWORD']}@redis:" in given["GRIDPATROL_BUS"]
    assert {"postgres", "redis", "minio", "api"} <= set(compose())


def test_what_manifests_refer_to_is_there():
    named = {(one["kind"], one["metadata"]["name"]) for kind in ("Secret", "ConfigMap") for one in resources(kind)}
    for pod in pods():
        volumes = {volume["name"]: volume for volume in pod["volumes"]} | {"data": {}}
        for volume in volumes.values():
            assert "configMap" not in volume or ("ConfigMap", volume["configMap"]["name"]) in named
            assert "secret" not in volume or ("Secret", volume["secret"]["secretName"]) in named
        for box in pod["containers"]:
            assert all(mount["name"] in volumes for mount in box["volumeMounts"])
            assert all(("Secret", one["secretRef"]["name"]) in named for one in box.get("envFrom", ()))
            assert box["resources"]["requests"]
            assert box["resources"]["limits"]["memory"]


def test_each_workload_s_labels_are_selected_and_its_paths_exist_in_the_api():
    for kind in ("Deployment", "StatefulSet"):
        for one in resources(kind):
            assert one["spec"]["selector"]["matchLabels"] == one["spec"]["template"]["metadata"]["labels"]
    (api,) = (pod["containers"][0] for pod in pods() if pod["containers"][0]["name"] == "api")
    routes = (ROOT / "api/http/routes_operations.py").read_text()
    assert all(f'"{api[probe]["httpGet"]["path"]}"' in routes for probe in ("livenessProbe", "readinessProbe"))


def test_the_image_copies_what_is_there():
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    copied = [line.split()[1:-1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    ignore = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    kept = {line[1:] for line in ignore if line.startswith("!")}

    for name in (name for names in copied for name in names):
        assert (ROOT / name).exists(), name
        assert name.split("/")[0] in kept


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="apt-get install systemd")
def test_systemd_understands_the_units(tmp_path):
    for path in (DEPLOY / "systemd").iterdir():
        (tmp_path / path.name).write_text(path.read_text().replace(PROGRAM, "/bin/true"))

    done = subprocess.run(
        ["systemd-analyze", "verify", *sorted(tmp_path.iterdir())],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
