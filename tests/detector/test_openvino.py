"""The default backend: no torch, quick starts, bounded memory, plain words when something is wrong."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from detector.backends.once import Once
from detector.backends.openvino import OpenVinoModel, computes_in_bf16, prefers_bf16
from detector.backends.options import Options
from detector.errors import ManifestError, ModelError
from detector.weights import WeightFile, sha256_of

ROOT = Path(__file__).resolve().parents[2]

_WITHOUT_TORCH = """
import sys
from pathlib import Path
import numpy as np
from configs.settings import ModelSettings
from detector.loading import load_model
model = load_model(ModelSettings(), root=Path("."))
model.detect([np.zeros((360, 640, 3), np.uint8)])
heavy = sorted({"torch", "torchvision", "ultralytics"} & set(sys.modules))
sys.exit(f"imported: {heavy}" if heavy else 0)
"""


def test_detecting_imports_neither_torch_nor_ultralytics():
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT_TORCH], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


_THREADS_AT_FIRST_USE = """
import faulthandler
from pathlib import Path
import numpy as np
from configs.settings import ModelSettings
from detector.loading import load_model
faulthandler.dump_traceback_later(30, exit=True)
model = load_model(ModelSettings(), root=Path("."))
model.detect([np.zeros((64, 64, 3), np.uint8)] * 16)
model.close()
"""


def test_many_threads_may_be_the_first_to_detect():
    """Without care the library's bridge to numpy stands still here, about every other time."""
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", _THREADS_AT_FIRST_USE],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def test_compiled_graphs_are_kept_for_the_next_start(starter, tmp_path):
    picture = np.full((360, 640, 3), 90, np.uint8)
    first = OpenVinoModel(starter, Options(min_score=0.001, cache_dir=tmp_path))
    answers = first.detect([picture])
    first.close()
    kept = sorted(tmp_path.iterdir())
    assert kept
    second = OpenVinoModel(starter, Options(min_score=0.001, cache_dir=tmp_path))
    assert second.detect([picture]) == answers
    second.close()
    assert sorted(tmp_path.iterdir()) == kept


def test_a_spoilt_kept_graph_is_compiled_again(starter, tmp_path):
    picture = np.full((360, 640, 3), 90, np.uint8)
    model = OpenVinoModel(starter, Options(min_score=0.001, cache_dir=tmp_path))
    answers = model.detect([picture])
    model.close()
    for blob in tmp_path.glob("*.blob"):
        blob.chmod(0o600)
        blob.write_bytes(blob.read_bytes()[:1000])
    again = OpenVinoModel(starter, Options(min_score=0.001, cache_dir=tmp_path))
    assert again.detect([picture]) == answers
    again.close()


def test_warming_up_leaves_answers_as_they_are(starter):
    picture = np.full((360, 640, 3), 90, np.uint8)
    model = OpenVinoModel(starter, Options(min_score=0.001))
    before = model.detect([picture])
    model.warm_up(360, 640)
    assert model.detect([picture]) == before
    model.close()


def test_the_ninth_shape_and_further_ones_share_a_graph_that_sees_exactly_the_same(starter, stills, tmp_path):
    """Twelve shapes in turn make nine graphs; what the shared one sees is what a shape's own graph sees."""
    sides = [(height, 512) for height in range(160, 512, 32)] + [(512, 320)]
    views = [cv2.resize(still.image, size[::-1]) for still, size in zip(stills[:12], sides, strict=True)]
    few, many = OpenVinoModel(starter), OpenVinoModel(starter, Options(cache_dir=tmp_path))
    own = [few.detect([view]) for view in views[8:]]

    rounds = [[many.detect([view]) for view in views] for _ in range(2)]

    assert sum(len(found[0]) for found in own) > 3, "too little to compare"
    assert rounds[0][8:] == own
    assert rounds[1] == rounds[0]
    assert len(list(tmp_path.glob("*.blob"))) == 9
    few.close()
    many.close()


@pytest.mark.parametrize("device", ["GPU.7", "ABACUS"])
def test_an_unknown_device_is_told(starter, device):
    with pytest.raises(ModelError, match=f"no device '{device}'; set model.device"):
        OpenVinoModel(starter, Options(device=device))


def test_labels_that_do_not_fit_the_weights_are_told(starter):
    with pytest.raises(ManifestError, match="does not fit its 2 labels"):
        OpenVinoModel(dataclasses.replace(starter, labels=("garbage", "bin")))


def test_a_wrong_end_to_end_flag_is_told(starter):
    with pytest.raises(ManifestError, match="end2end: true"):
        OpenVinoModel(dataclasses.replace(starter, end2end=True))


def test_weights_of_another_format_are_told(starter):
    other = dataclasses.replace(starter, files=starter.files[1:])
    with pytest.raises(ManifestError, match=r"no OpenVINO files.*gridpatrol models export"):
        OpenVinoModel(other)


def test_a_file_that_is_no_graph_is_told(starter, tmp_path):
    graph = tmp_path / "model.xml"
    graph.write_text("<html>not found</html>")
    files = (WeightFile(graph, sha256_of(graph)), starter.file(".bin"))
    with pytest.raises(ModelError, match=f"cannot read {graph}"):
        OpenVinoModel(dataclasses.replace(starter, files=files))


class TestOnce:
    """The bounded cache behind the compiled shapes."""

    def test_a_value_is_made_once_and_the_least_used_is_dropped(self):
        made = []
        once = Once(lambda key: made.append(key) or key * 2, limit=2)
        assert [once(key) for key in (1, 2, 1, 3, 1, 2)] == [2, 4, 2, 6, 2, 4]
        assert made == [1, 2, 3, 2]
        assert len(once) == 2

    def test_a_failure_is_raised_and_tried_again(self):
        answers = iter([ModelError("no memory"), "compiled"])

        def make(_key):
            answer = next(answers)
            if isinstance(answer, ModelError):
                raise answer
            return answer

        once = Once(make, limit=2)
        with pytest.raises(ModelError, match="no memory"):
            once("shape")
        assert once("shape") == "compiled"


def test_openvino_stays_off_the_network_and_out_of_home(tmp_path):
    """OpenVINO reports each import to its makers by default. Here every look-up of a host would end the program."""
    program = """
import os, socket, threading
def refuse(*_): os._exit(97)
socket.getaddrinfo = socket.create_connection = socket.socket.connect = refuse
from pathlib import Path
import numpy as np
from configs.settings import ModelSettings
from detector.loading import load_model
model = load_model(ModelSettings(), root=Path("."))
model.detect([np.zeros((64, 64, 3), np.uint8)])
model.close()
for thread in threading.enumerate():
    if thread is not threading.current_thread() and not thread.daemon:
        thread.join(5)
print(os.environ.get("CI"))
"""
    environment = {key: value for key, value in os.environ.items() if key not in {"CI", "NNCF_CI"}}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**environment, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "None"), done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("flags", "tiles"), [("amx_tile amx_bf16 fma", True), ("avx512_bf16 avx512_vnni", False)])
def test_bf16_is_preferred_only_where_the_system_tells_of_matrix_tiles(tmp_path, flags, tiles):
    told = tmp_path / "cpuinfo"
    told.write_text(f"processor\t: 0\nflags\t\t: fpu {flags} sse2\n")
    assert prefers_bf16(told) is (tiles and computes_in_bf16())
    assert not prefers_bf16(tmp_path / "no-such-file")
