"""Where this installation keeps its things: the data folder, its secret, its embedded database's address."""

import os
import secrets
from datetime import date
from pathlib import Path
from urllib.parse import quote


def data_folder() -> Path:
    """The folder CHIBO_DATA names, or `data` where the command was given."""
    return Path(os.environ.get("CHIBO_DATA") or "data").expanduser().resolve()


def secret_key() -> str:
    """CHIBO_SECRET_KEY, or the one kept in the data folder (0600), made on first use."""
    given = os.environ.get("CHIBO_SECRET_KEY")
    if given:
        return given
    file = data_folder() / "secret_key"
    try:
        return file.read_text()
    except OSError:
        pass
    fresh = secrets.token_urlsafe(50)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as target:
            target.write(fresh)
    except FileExistsError:
        return file.read_text()
    except OSError:
        pass  # a folder that can't be written: sessions end with this process
    return fresh


def standing_day() -> date | None:
    """The day at which this installation stands: CHIBO_TODAY, or what a demonstration left in its data folder."""
    said = os.environ.get("CHIBO_TODAY")
    if not said:
        try:
            said = (data_folder() / "stands_at").read_text()
        except OSError:
            return None
    return date.fromisoformat(said.strip())


def embedded_url(data: Path) -> str:
    """The address of the embedded database of a data folder."""
    from chibo.project import embedded

    return f"postgresql://chibo@/chibo?host={quote(str(embedded.socket_folder(data)))}"
