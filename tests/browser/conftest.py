"""JupyterLab as `make lab` starts it, on a copy of the notebooks, and a headless Chromium that opens it."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lib import paths

STARTUP_S = 90
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OPTIONS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


@dataclass(frozen=True)
class Lab:
    """A running server: its address, its token, and the folder that receives everything written there."""

    url: str
    token: str
    folder: Path

    def answers(self, token: str) -> bool:
        """Whether the server gives out its status for this token."""
        try:
            urllib.request.urlopen(f"{self.url}/api/contents?token={token}", timeout=2)
        except (OSError, urllib.error.HTTPError):
            return False
        return True

    def idle_kernels(self) -> int:
        """How many kernels are ready."""
        with urllib.request.urlopen(f"{self.url}/api/kernels?token={self.token}", timeout=10) as answer:
            return sum(kernel["execution_state"] == "idle" for kernel in json.load(answer))


def environment(folder: Path) -> dict[str, str]:
    """Every folder that JupyterLab, its kernels and the workbook write to, moved into `folder`."""
    tracker = folder / "settings" / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
    tracker.parent.mkdir(parents=True)
    tracker.write_text(json.dumps({"windowingMode": "none"}))  # cells out of sight stay in the page
    moved = {
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython",
        "WORKBOOK_RUNS": "runs",
        "WORKBOOK_FIGURES": "figures",
        "WORKBOOK_VOTES": "votes",
    }
    kept = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}  # the unit tests set it
    return kept | {name: str(folder / part) for name, part in moved.items()} | {"WORKBOOK_VOTER": "simulated"}


@pytest.fixture
def lab(tmp_path) -> Iterator[Lab]:
    """`make lab` on a copy of the notebooks; stopped, with its kernels, at the end."""
    (tmp_path / "notebooks").mkdir()
    for notebook in paths.notebooks_dir().glob("*.ipynb"):
        shutil.copy(notebook, tmp_path / "notebooks")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    root = [] if os.geteuid() else ["--allow-root"]
    options = " ".join(["--no-browser", f"--ServerApp.port={port}", "--ServerApp.port_retries=0", *root])
    log = (tmp_path / "server.log").open("w")
    server = subprocess.Popen(
        ["make", "lab", f"LAB_ROOT={tmp_path}", f"LAB={options}"],
        cwd=paths.ROOT, env=environment(tmp_path), stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        yield wait_for(server, port, tmp_path)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)
        log.close()


def wait_for(server: subprocess.Popen, port: int, folder: Path) -> Lab:
    """The server once it answers with the token that it printed; fails with its log if it ends before."""
    for _ in range(STARTUP_S * 2):
        text = (folder / "server.log").read_text()
        token = re.search(r"token=([0-9a-f]{32,})", text)
        if token and (running := Lab(f"http://127.0.0.1:{port}", token[1], folder)).answers(token[1]):
            return running
        if server.poll() is not None:
            break
        time.sleep(0.5)
    pytest.fail(f"JupyterLab did not start:\n{text}")


@pytest.fixture
def browser():
    """A headless Chromium."""
    if CHROMIUM is None:
        pytest.skip("no chromium program; on Debian and Ubuntu: apt install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def page(lab, browser):
    """A browser page, 1400 x 1000, beside the running server."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.set_default_timeout(60_000)
    return page
