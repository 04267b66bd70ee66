"""The workers under attack: processes that are started again whenever they end, as a supervisor would."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
# What a worker that ended waits before it is started again, in seconds.
AGAIN_SECONDS = 0.5
STOP_SECONDS = 20.0


@dataclass(kw_only=True)
class Worker:
    """A worker that should run."""

    name: str
    role: str
    process: subprocess.Popen[bytes]
    starts: int = 1


@dataclass(kw_only=True)
class Fleet:
    """The workers that should run, by name; a thread starts again those that do not."""

    environment: Mapping[str, str]
    log: Path
    workers: dict[str, Worker] = field(default_factory=dict)
    restarts: int = 0
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _ending: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        """Begin to start again what ends."""
        threading.Thread(target=self._watch, name="fleet", daemon=True).start()

    def add(self, role: str, name: str) -> None:
        """Start a worker."""
        with self._lock:
            self.workers[name] = Worker(name=name, role=role, process=self._start(role, name))

    def remove(self, name: str) -> None:
        """Have a worker end in order, and do not start it again."""
        with self._lock:
            worker = self.workers.pop(name)
        worker.process.terminate()
        try:
            worker.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            worker.process.kill()
            worker.process.wait()

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a worker."""
        with self._lock:
            self.workers[name].process.send_signal(number)

    def names(self, role: str) -> list[str]:
        """Return the workers of a role."""
        with self._lock:
            return sorted(name for name, worker in self.workers.items() if worker.role == role)

    def stop(self) -> None:
        """End all workers."""
        self._ending.set()
        for name in list(self.workers):
            self.signal(name, signal.SIGCONT)
            self.remove(name)

    def _start(self, role: str, name: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as output:
            return subprocess.Popen(
                (sys.executable, "-m", "streams", role),
                env=os.environ | self.environment | {"ASSAY_WORKER_ID": name},
                cwd=CHECKOUT,
                stdout=output,
                stderr=output,
            )

    def _watch(self) -> None:
        while not self._ending.wait(AGAIN_SECONDS):
            with self._lock:
                for worker in self.workers.values():
                    if worker.process.poll() is not None:
                        worker.process = self._start(worker.role, worker.name)
                        worker.starts += 1
                        self.restarts += 1
