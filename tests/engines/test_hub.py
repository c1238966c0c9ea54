"""The Hub, played by a server on this machine: what is fetched, what is refused, and what an outage looks like."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.engines.releases import CARD, hugging_face_folder

REVISION = "0123456789012345678901234567890123456789"
NAME = "Helsinki-NLP/opus-mt-nl-en"


class Hub(ThreadingHTTPServer):
    """Serves one folder as one model."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.requests: list[str] = []
        self.published = {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in folder.iterdir()
            if path.is_file()
        }

    def describe(self) -> dict[str, object]:
        siblings = [
            {
                "rfilename": name,
                "size": (self.folder / name).stat().st_size,
                "blobId": checksum[:40],
                "lfs": {"sha256": checksum, "size": (self.folder / name).stat().st_size, "pointerSize": 130},
            }
            for name, checksum in self.published.items()
        ]
        return {"_id": "1", "id": NAME, "modelId": NAME, "sha": REVISION, "siblings": siblings, "tags": []}


class Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def do_GET(self) -> None:
        self.answer(body=True)

    def answer(self, body: bool) -> None:
        self.server.requests.append(f"{self.command} {self.path}")
        file = self.server.folder / self.path.rpartition("/")[2]
        if self.path.startswith(f"/api/models/{NAME}"):
            self.send(json.dumps(self.server.describe()).encode(), {"Content-Type": "application/json"}, body)
        elif self.path.startswith(f"/{NAME}/resolve/") and file.is_file():
            tag = self.server.published.get(file.name, "")
            self.send(file.read_bytes(), {"ETag": f'"{tag}"', "X-Repo-Commit": REVISION}, body)
        else:
            self.send_response(404)
            self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def send(self, data: bytes, headers: dict[str, str], body: bool) -> None:
        self.send_response(200)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(data)

    def log_message(self, format: str, *values: object) -> None:
        """Says nothing."""


@pytest.fixture
def hub(starter: Path, tmp_path: Path) -> Iterator[Hub]:
    server = Hub(hugging_face_folder(starter, tmp_path / "published", CARD))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def mt(tmp_path: Path, endpoint: str, *words: str) -> subprocess.CompletedProcess[str]:
    """The command line in a home of its own that knows one Hub."""
    variables = {
        **os.environ,
        "MT_HOME": str(tmp_path / "home"),
        "HF_HOME": str(tmp_path / "hf"),
        "HF_ENDPOINT": endpoint,
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_XET": "1",
    }
    return subprocess.run(
        [sys.executable, "-m", "mt", *words],
        capture_output=True,
        text=True,
        check=False,
        env=variables,
        timeout=120,
    )


def address(hub: Hub) -> str:
    return f"http://127.0.0.1:{hub.server_address[1]}"


def test_a_model_of_the_hub_is_fetched_checked_and_installed(hub: Hub, tmp_path: Path) -> None:
    added = mt(tmp_path, address(hub), "models", "add", NAME, "--json")
    assert (added.returncode, added.stderr) == (0, "")
    model = json.loads(added.stdout)
    assert (model["name"], model["source_lang"], model["target_lang"]) == ("opus-mt-nl-en", "nl", "en")
    assert (model["origin"], model["quantization"]) == (NAME, "int8")
    assert model["sha256"] == hub.published["model.safetensors"]
    listed = json.loads(mt(tmp_path, address(hub), "models", "list", "--json").stdout)
    assert [row["name"] for row in listed] == ["opus-mt-nl-en", "starter-nl-en"]


def test_only_what_a_model_needs_is_fetched(hub: Hub, tmp_path: Path) -> None:
    for name in ("pytorch_model.bin", "tf_model.h5", "rust_model.ot"):
        (hub.folder / name).write_bytes(b"large")
        hub.published[name] = hashlib.sha256(b"large").hexdigest()
    assert mt(tmp_path, address(hub), "models", "add", NAME).returncode == 0
    fetched = {request.rpartition("/")[2] for request in hub.requests if "/resolve/" in request}
    assert fetched <= set(hub.published) - {"pytorch_model.bin", "tf_model.h5", "rust_model.ot"}
    assert "model.safetensors" in fetched


def test_nothing_is_fetched_unless_it_is_asked_for(hub: Hub, tmp_path: Path) -> None:
    mt(tmp_path, address(hub), "models", "list")
    mt(tmp_path, address(hub), "models", "info", "auto")
    assert mt(tmp_path, address(hub), "models", "info", NAME).returncode == 2
    assert hub.requests == []


def test_the_reference_engine_finds_the_original_of_an_installed_model(hub: Hub, tmp_path: Path) -> None:
    mt(tmp_path, address(hub), "models", "add", NAME)
    code = "from mt.engines import load; print(load('opus-mt-nl-en', 'transformers').translate(['De kat.'])[0][0].text)"
    variables = {**os.environ, "MT_HOME": str(tmp_path / "home"), "HF_HOME": str(tmp_path / "hf")}
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=variables
    )
    assert run.returncode == 0, run.stderr
    assert "cat" in run.stdout.lower()


def test_a_file_that_is_not_the_published_one_is_refused(hub: Hub, tmp_path: Path) -> None:
    weights = bytearray((hub.folder / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (hub.folder / "model.safetensors").write_bytes(weights)
    added = mt(tmp_path, address(hub), "models", "add", NAME)
    assert added.returncode == 4
    assert "sha256 differs" in added.stderr
    assert not list((tmp_path / "home" / "models").glob("*/"))


def test_an_unknown_model_of_the_hub_is_one_clear_line(hub: Hub, tmp_path: Path) -> None:
    added = mt(tmp_path, address(hub), "models", "add", "nobody/nothing")
    assert added.returncode == 2
    assert added.stderr.splitlines()[0] == "mt: The Hub has no model nobody/nothing."


def test_a_model_that_is_no_marian_model_is_refused_before_its_weights_come(hub: Hub, tmp_path: Path) -> None:
    del hub.published["source.spm"]
    added = mt(tmp_path, address(hub), "models", "add", NAME)
    assert added.returncode == 4
    assert "it has no source.spm" in added.stderr
    assert not any("/resolve/" in request for request in hub.requests)


def test_an_unreachable_hub_is_one_clear_line_and_exit_4(tmp_path: Path) -> None:
    added = mt(tmp_path, "http://127.0.0.1:9", "models", "add", NAME)
    assert added.returncode == 4
    message, hint = added.stderr.splitlines()
    assert message.startswith("mt: The Hugging Face Hub cannot be reached")
    assert "mt models add PATH" in hint


def test_without_the_hubs_client_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from mt.engines.install import add
    from mt.errors import MissingExtraError

    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingExtraError, match=r"\[transformers\]"):
        add(NAME)
