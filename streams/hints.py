"""Tell Airflow that there are new labels, by an event of the asset for which `build_dataset` waits.

It is a hint and no more: what is lost is made up for by the DAG's timetable, and a build too many publishes nothing.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit

import httpx
import structlog
from pydantic import SecretStr
from sqlalchemy import Engine

from storage.hints import hint

log = structlog.get_logger()

# Airflow answers in less even with much to do, or does not matter now.
TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Hints:
    """The hints of one project; `airflow` may hold a user and a password, which are exchanged for a token."""

    project: str
    engine: Engine
    airflow: SecretStr
    apart: timedelta

    async def look(self) -> None:
        """Hint at new labels, if there are any and the last hint was long enough ago; later, where Airflow is away."""
        try:
            if await asyncio.to_thread(hint, self.engine, self.project, apart=self.apart, tell=self._tell):
                log.info("hinted at new labels", project=self.project)
        except (httpx.HTTPError, LookupError) as error:
            log.warning("Airflow was not told of new labels", project=self.project, error=str(error))

    def _tell(self) -> None:
        url, login = _parts(self.airflow.get_secret_value())
        # Without a password it is the embedded one, on loopback: not through a proxy.
        with httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS, trust_env=login is not None) as airflow:
            answer = airflow.post("/auth/token", json=login) if login else airflow.get("/auth/token")
            airflow.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['access_token']}"
            name = f"{self.project}-labels"
            found = airflow.get("/api/v2/assets", params={"name_pattern": name}).raise_for_status().json()["assets"]
            known = {asset["name"]: asset["id"] for asset in found}
            if name not in known:
                raise LookupError(f"Airflow has not read the DAG that waits for {name}.")
            airflow.post("/api/v2/assets/events", json={"asset_id": known[name], "extra": {}}).raise_for_status()


def _parts(url: str) -> tuple[str, dict[str, str | None] | None]:
    """Return an address without the user and the password that may be in it, and these."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    login = {"username": parts.username, "password": parts.password} if parts.username else None
    return urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", "")), login
